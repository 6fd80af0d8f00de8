"""What leaves the house: every message in one table, sent by jobs, and only while the switch is on."""
