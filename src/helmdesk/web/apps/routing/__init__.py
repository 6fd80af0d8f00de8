"""Routing: queues and their modes, what was decided, what people did; one switch stops it."""
