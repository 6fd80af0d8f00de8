"""First run: three ways to begin; the first administrator; invitations."""
