"""The HTTP API: the same questions as the pages ask, for programs."""
