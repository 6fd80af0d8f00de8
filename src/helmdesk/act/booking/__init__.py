"""Calls that customers book with a team: links, free times, whose turn it is. Pure.

Instants are aware UTC; days and clocks of people are those of a named IANA zone.
"""
