"""SQLite's statements, and the tables that it rebuilds."""
