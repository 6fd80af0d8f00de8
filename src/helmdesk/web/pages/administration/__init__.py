"""Settings: people, what is shown, targets, definitions, tokens, the audit log."""
