"""Coaching packs: what a lead and an agent both have before them when they talk."""
