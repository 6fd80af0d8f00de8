"""The machinery of facts: what one is, how all are built, refreshed and told apart."""
