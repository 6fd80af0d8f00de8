"""Schedule: who works when; made, changed, checked against the rules, published."""
