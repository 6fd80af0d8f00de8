"""What the site itself does becomes records: noted with the act, given to the lake in batches."""
