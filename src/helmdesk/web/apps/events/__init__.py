"""What the site itself does becomes records: noted with the act, and given to the lake in batches."""
