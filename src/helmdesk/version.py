"""The version of Helmdesk, below everything, so that receipts can carry it."""

__version__ = "0.1.0"
