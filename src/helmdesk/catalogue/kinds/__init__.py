"""The kinds of metrics, one file each."""
