"""What sources share: what one is, tables and columns, mapping files, suggestions."""
