"""What tables are and hold; nothing here writes."""
