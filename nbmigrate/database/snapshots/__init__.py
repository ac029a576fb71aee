"""The tables at two moments, and their difference."""
