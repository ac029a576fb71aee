"""Who runs this, as it is written down for others."""

import getpass
import socket


def user_and_host() -> str:
    """Return the user and the machine, as user@host, in 255 characters at the most."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run under a number that nobody is called by.
        user = "somebody"
    return f"{user}@{socket.gethostname()}"[:255]
