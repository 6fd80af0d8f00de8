"""Documents that leave the house: scorecard, brief, business review; as PDF and as workbook."""
