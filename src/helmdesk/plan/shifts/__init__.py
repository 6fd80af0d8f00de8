"""Shifts: who works when, so that people are there when contacts come and no rule is broken."""
