"""My shifts: what one is planned to work, days off, swaps with colleagues."""
