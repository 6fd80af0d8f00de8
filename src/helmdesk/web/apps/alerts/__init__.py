"""Alerts: rules that people wrote, what they saw, and the messages that tell it."""
