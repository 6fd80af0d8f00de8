"""What metrics are made of, and how they are found."""
