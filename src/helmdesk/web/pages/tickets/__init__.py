"""The rows behind numbers, and one ticket's story."""
