"""Forecast: what comes, how right such forecasts have been, and what planners know of days."""
