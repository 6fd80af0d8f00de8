"""Dashboards of one's own, and saved views."""
