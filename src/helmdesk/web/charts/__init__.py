"""Charts: Altair specifications of our own making, and sparklines as plain SVG. No specification
comes from outside.
"""
