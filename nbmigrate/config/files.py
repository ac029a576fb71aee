"""Writing a file whole or not at all."""

import contextlib
import os
import stat
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that a reader finds the old content or the new one, never a part.

    Raises
    ------
    OSError
        The folder or the file cannot be written; it is as it was.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        # A pipe or a device is written to, never replaced.
        target.write_bytes(content)
        return
    temporary = target.with_name(f".#{os.urandom(6).hex()}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            # A file that may not be written must not be replaced either.
            with target.open("ab"):
                temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def reason(error: Exception) -> str:
    """Return why a file could not be read or written, without its name."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
