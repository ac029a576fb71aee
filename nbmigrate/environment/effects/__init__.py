"""What a revision would do, found without a run: tried out, or read from its source."""
