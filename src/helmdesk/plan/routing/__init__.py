"""Routing tried on a desk's own past: what would have been, and how far to believe it."""
