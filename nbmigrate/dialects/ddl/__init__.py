"""What the dialects have in common: how columns, constraints, names and rows are written."""
