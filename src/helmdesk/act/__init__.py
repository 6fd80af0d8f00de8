"""What to do and when, decided without a database: pure functions that memory and effects are built
around.
"""
