"""Reading the text of a CREATE TABLE as SQLite stores it."""
