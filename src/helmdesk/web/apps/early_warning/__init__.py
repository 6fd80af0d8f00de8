"""The early warning: tickets named in time, what was done, and what naming them was worth."""
