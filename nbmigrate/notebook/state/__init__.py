"""What front ends know of a project; no widgets."""
