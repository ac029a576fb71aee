"""The verbs that read the history."""
