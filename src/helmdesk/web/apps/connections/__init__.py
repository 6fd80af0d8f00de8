"""Live accounts, kept in step by jobs; what they are is in the desk's folder, so that the command
line and the site see the same.
"""
