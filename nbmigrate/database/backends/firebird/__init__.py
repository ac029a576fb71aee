"""What Firebird does differently."""
