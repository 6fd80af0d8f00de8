"""Why did it change, is it real, and what should we do.

Every finding answers five questions in this order: is the number sound; did it move; where, and is
it mix or rate; what else moved with it; which lever. All numbers come from the one reader that
cards and exports use.
"""
