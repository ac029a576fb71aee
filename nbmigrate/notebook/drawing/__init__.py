"""The drawings of a notebook: the revision graph, and the tables with their keys."""
