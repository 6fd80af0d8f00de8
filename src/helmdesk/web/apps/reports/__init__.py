"""Reports on the site: made in the background, kept as they were, sent when they are due."""
