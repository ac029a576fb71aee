"""Running steps: each in its transaction, retried where that is safe, with what is said after a failure."""
