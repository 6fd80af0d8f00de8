"""One metric: its definition, its course, its segments, its rows, its receipt."""
