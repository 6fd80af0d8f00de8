"""Pulse: one question to everybody who works here."""
