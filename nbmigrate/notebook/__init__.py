"""The front end in a notebook: `%migrate`, its completion, its drawings."""
