"""The functions of `op` and of a batch."""
