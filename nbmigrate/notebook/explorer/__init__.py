"""The explorer: a panel to look at a project and to step."""
