"""People: who they are in the data, what they are here for, their tokens, and what they did."""
