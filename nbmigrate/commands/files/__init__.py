"""The verbs that write revision files."""
