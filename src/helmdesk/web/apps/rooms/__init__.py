"""Rooms: one page per case for its customer, as far as its team has them turned on."""
