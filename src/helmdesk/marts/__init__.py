"""Marts: publish one, find the one that is published."""
