"""What-if: one change tried on the same weeks, with what it does and how sure that is."""
