"""Answers made of several measurements: scorecard, accounts, benchmark, comparison, tickets and
clocks of this moment.
"""
