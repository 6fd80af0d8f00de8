"""Booking: kinds of calls, links, booked calls, and the pages that customers open from a link."""
