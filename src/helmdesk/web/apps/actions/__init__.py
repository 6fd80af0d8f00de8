"""Actions: what we believed, did and learned."""
