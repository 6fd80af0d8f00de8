"""What every source reads with: files as tables of text, and the spellings of their values."""
