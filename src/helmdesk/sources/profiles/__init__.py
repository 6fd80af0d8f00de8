"""Exports of known systems, one file each: by which headers one is recognised, and what its columns
mean.
"""
