"""What leaves the house: every message in one table, sent by jobs, only while the switch is on."""
