"""Planning: what will come, whom it needs, who is planned."""
