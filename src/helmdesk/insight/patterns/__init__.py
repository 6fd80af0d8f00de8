"""One pattern a file; the docstring is what the leader reads."""
