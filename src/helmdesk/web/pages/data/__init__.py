"""Data: what was loaded and how sound it is; loading from the browser."""
