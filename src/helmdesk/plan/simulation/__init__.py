"""Weeks lived through contact by contact: what a change would have done, and how right that is."""
