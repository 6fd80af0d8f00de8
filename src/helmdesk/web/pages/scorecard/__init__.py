"""The scorecard: what is happening, in three pillars."""
