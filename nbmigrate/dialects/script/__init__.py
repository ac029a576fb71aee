"""Statements as a script: each is complete as a text."""
