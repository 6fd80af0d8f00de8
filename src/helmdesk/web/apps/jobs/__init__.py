"""Work in the background that survives a kill: a table of jobs, each held under a lease by one
worker at a time.
"""
