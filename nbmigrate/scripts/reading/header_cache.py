"""What was read from revision files, kept on disk for the next process.

A file for each project directory, in the user's cache folder; it is safe to delete. It is written whole under another
name and renamed, so that two processes can use it; one that is damaged, or of another version, is as good as none.
"""

import contextlib
import json
import os
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.reading.headers import Header

#: Size, time of change in nanoseconds and inode: what tells that a file is another one than when it was read.
Stamp = tuple[int, int, int]

#: Where the cache is, instead of the user's cache folder.
VARIABLE = "NBMIGRATE_CACHE_DIR"

_VERSION = 2


class HeaderCache:
    """The headers of one project directory, on disk.

    Parameters
    ----------
    location
        The project's folder of scripts.
    """

    def __init__(self, location: Path) -> None:
        self._location = location

    @property
    def path(self) -> Path | None:
        """The file; None where the user has no folder for it."""
        return file_for(self._location, "json")

    def load(self) -> tuple[dict[str, Stamp], dict[str, Header]]:
        """Return the stamps and headers that were kept, by path; none if they cannot be read."""
        try:
            path = self.path
            head, _, body = path.read_bytes().partition(b"\n") if path else (b"", b"", b"")
            return _parsed(body) if head == _head(body) else ({}, {})
        except (OSError, ValueError, TypeError, RecursionError):
            return {}, {}

    def save(self, kept: Sequence[tuple[str, Stamp, Revision]]) -> None:
        """Keep the headers of files that can be read; a folder that cannot be written keeps none."""
        columns = (
            [file for file, _, _ in kept],
            [stamp for _, stamp, _ in kept],
            [revision.id for _, _, revision in kept],
            [revision.down_revisions for _, _, revision in kept],
            [revision.depends_on for _, _, revision in kept],
            [revision.branch_labels for _, _, revision in kept],
            [revision.doc for _, _, revision in kept],
        )
        body = json.dumps(columns, separators=(",", ":")).encode()
        with contextlib.suppress(OSError):
            path = self.path
            if path is not None:
                replace_whole(path, _head(body) + b"\n" + body)


def _parsed(body: bytes) -> tuple[dict[str, Stamp], dict[str, Header]]:
    files, stamps, ids, down, depends_on, labels, docs = json.loads(body)
    folders: dict[str, Path] = {}
    paths = []
    for file in files:
        folder, _, name = file.rpartition(os.sep)
        if folder not in folders:
            folders[folder] = Path(file).parent
        # A name joined to its folder is a path in half the time that a whole one takes.
        paths.append(folders[folder] / name)
    revisions = map(Revision, ids, map(tuple, down), map(tuple, depends_on), map(tuple, labels), docs, paths)
    return dict(zip(files, map(tuple, stamps), strict=True)), dict(
        zip(files, map(Header, revisions), strict=True)
    )


def _head(body: bytes) -> bytes:
    return f"nbmigrate headers {_VERSION} {zlib.crc32(body):08x}".encode()


def file_for(location: Path, kind: str) -> Path | None:
    """Return where something of a project directory is kept; None where the user has no folder for it.

    Parameters
    ----------
    location
        The project's folder of scripts.
    kind
        How the name of the file ends.
    """
    folder = cache_folder()
    # What is of two folders in one file would do no harm: each is under its whole path.
    name = f"{location.name}-{zlib.crc32(os.fsencode(location)):08x}"
    return folder / f"{name}.{sys.implementation.cache_tag}.{kind}" if folder else None


def cache_folder() -> Path | None:
    """Return where caches are, by the customs of the system, or NBMIGRATE_CACHE_DIR; None if there is no home."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 (Path.home raises where there is none)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "nbmigrate" if base.is_absolute() else None


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file that a reader finds whole, if not necessarily after a power cut: then its checksum is wrong."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        temporary.touch(mode=0o600)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
