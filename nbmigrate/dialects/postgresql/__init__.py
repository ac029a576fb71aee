"""PostgreSQL's statements."""
