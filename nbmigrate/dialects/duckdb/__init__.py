"""DuckDB's statements."""
