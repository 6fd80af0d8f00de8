"""Surveys: whom the desk asks, what they answer, and pulses of its own people without a name."""
