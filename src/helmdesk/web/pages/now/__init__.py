"""Queue now: open work and its clocks."""
