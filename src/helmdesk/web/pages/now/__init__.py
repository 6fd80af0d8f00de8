"""Backlog and SLA now."""
