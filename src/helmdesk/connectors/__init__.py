"""Live accounts: one module for each system, which asks it for what changed and gives the tables
that the files of that system would have held.

A connector only reads. It knows addresses, cursors and limits of its system; what the tables mean
is the business of `sources`.
"""
