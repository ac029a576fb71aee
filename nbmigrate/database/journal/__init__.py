"""The journal of a revision whose statements cannot be rolled back: it goes on after the last one in effect."""
