"""The week's brief by mail, for people who asked for it, and as an event for programs."""
