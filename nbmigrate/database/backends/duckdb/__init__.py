"""What DuckDB does differently."""
