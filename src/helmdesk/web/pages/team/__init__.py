"""Teams without rankings; agents and their own numbers with context."""
