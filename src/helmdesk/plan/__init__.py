"""How much work comes, whom it needs, and how sure that is."""
