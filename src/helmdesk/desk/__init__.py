"""A desk: its parts, open or live, as one reader sees it, and what is done to all of it."""
