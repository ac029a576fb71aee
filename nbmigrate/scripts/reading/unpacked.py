"""Folders in a zip file, as a package that was installed or started from one has them: they are read from a copy."""

import atexit
import os
import shutil
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

from nbmigrate.config import reason
from nbmigrate.errors import ConfigError
from nbmigrate.scripts.reading.header_cache import cache_folder

_NAME = "unpacked"


def unpacked(folder: Path) -> Path:
    """Return a folder, or of one that is in a zip file the copy, which is made if it is not there.

    A copy belongs to one state of the zip file, and is in the user's cache folder: it is safe to delete.

    Raises
    ------
    ConfigError
        The zip file cannot be read, or the copy not be written.
    """
    archive = None if folder.exists() else next(filter(Path.is_file, folder.parents), None)
    if archive is None or not zipfile.is_zipfile(archive):
        return folder
    status = archive.stat()
    path = zlib.crc32(os.fsencode(folder))
    try:
        base = _base()
        copy = base / f"{archive.stem}-{path:08x}-{status.st_mtime_ns:x}-{status.st_size:x}" / folder.name
        if not copy.is_dir():
            _unpack(archive, f"{folder.relative_to(archive).as_posix()}/", base, copy)
    except (OSError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{archive} cannot be unpacked: {reason(error)}.", "Unpack it by hand.") from error
    return copy if copy.is_dir() else folder


def is_unpacked(path: Path) -> bool:
    """Tell whether a path is in a copy that `unpacked` has made."""
    return any(parent.name == _NAME and (parent / ".copies").exists() for parent in path.parents)


def _unpack(archive: Path, inner: str, base: Path, copy: Path) -> None:
    """Copy a folder of a zip file; another process may do the same at the same time."""
    temporary = Path(tempfile.mkdtemp(dir=base))
    try:
        with zipfile.ZipFile(archive) as content:
            content.extractall(temporary, [name for name in content.namelist() if name.startswith(inner)])
        if (temporary / inner).is_dir():
            copy.parent.mkdir(exist_ok=True)
            (temporary / inner).rename(copy)
    except OSError:
        if not copy.is_dir():
            raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _base() -> Path:
    """Return the folder of the copies; one that is gone with the process where the user has none."""
    cache = cache_folder()
    if cache is not None:
        with suppress(OSError):
            return _made(cache / _NAME)
    temporary = Path(tempfile.mkdtemp(prefix="nbmigrate-"))
    atexit.register(shutil.rmtree, temporary, ignore_errors=True)
    return _made(temporary / _NAME)


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / ".copies").touch()
    return folder
