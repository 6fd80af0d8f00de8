"""Who should take which contact: from a snapshot to decisions that can be replayed. Pure."""
