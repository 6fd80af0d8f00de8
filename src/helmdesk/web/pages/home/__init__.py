"""What opens first: the story of the week, what is going on now, and the numbers by pillar."""
