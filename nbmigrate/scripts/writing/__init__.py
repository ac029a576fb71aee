"""Writing revision files."""
