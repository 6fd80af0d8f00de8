"""Annotations: what happened, on the day it happened, on the charts it concerns."""
