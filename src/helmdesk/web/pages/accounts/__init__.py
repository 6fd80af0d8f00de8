"""Accounts: what each customer company gets."""
