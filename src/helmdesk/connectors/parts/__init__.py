"""What connectors share: the shape of one, talking over HTTP, keeping within a limit."""
