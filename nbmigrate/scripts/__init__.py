"""Revision files: reading their headers, running one, rendering and writing them; and the folder of a new project."""
