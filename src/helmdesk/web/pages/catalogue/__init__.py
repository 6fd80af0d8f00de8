"""The catalogue: what can be measured, and what other tools make of it."""
