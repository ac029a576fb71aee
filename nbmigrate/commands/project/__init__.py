"""The verbs about a project: its beginning and its settings."""
