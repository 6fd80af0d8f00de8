"""Today: forecast, planned, what came; the next four hours and what can be done."""
