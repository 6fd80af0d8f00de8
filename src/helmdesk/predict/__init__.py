"""What will most likely become of a ticket, learned from the desk's own past, on this machine."""
