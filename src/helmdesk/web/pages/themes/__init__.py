"""What customers write about, and the words it is told by."""
