"""The revision files of a project: which there are, and what they say, read again when they change."""

import os
import sys
import time
from _thread import RLock
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from operator import attrgetter, eq
from pathlib import Path
from stat import S_ISDIR, S_ISREG

from nbmigrate.config import reason
from nbmigrate.errors import ConfigError
from nbmigrate.scripts.reading.header_cache import HeaderCache, Stamp
from nbmigrate.scripts.reading.headers import Header, read_header, unreadable_file

#: How the name of a compiled revision ends.
COMPILED = ".pyc"

_SOURCE = ".py"
_NO_REVISION = (".#", "__init__")
_PYCACHE = "__pycache__"

#: A file changed less than this many nanoseconds before it was read may change again with the same time: clocks tick,
#: the slowest, that of FAT, every two seconds.
_TICK = 2_000_000_000

#: The stamp of what has a revision's name and cannot be read as a file: a link that leads nowhere, a pipe.
_NO_FILE: Stamp = (-1, 0, 0)

#: The cache is written again when at least one in so many files had to be read.
_WORTH_WRITING = 20


def is_revision_name(name: str) -> bool:
    """Tell whether a file of this name is read as a revision."""
    return name.endswith(_SOURCE) and not name.startswith(_NO_REVISION)


class RevisionFiles:
    """The headers of a project's revision files.

    They are kept in memory, and on disk for the next process, and read again when a file's size, time or inode is
    another; looking costs one `stat` per file. A file that was changed just before it was read is not yet trusted.

    Parameters
    ----------
    locations
        The folders with the files.
    recursive
        Whether the folders below those are looked into.
    sourceless
        Whether a .pyc is a revision where its .py is not there.
    cache
        What keeps the headers on disk.
    execute
        What runs a file whose header is computed, and returns the header; None if no file is to be run.
    """

    def __init__(
        self,
        locations: Sequence[Path],
        *,
        recursive: bool = False,
        sourceless: bool = False,
        cache: HeaderCache | None = None,
        execute: Callable[[Path], Header] | None = None,
    ) -> None:
        self._locations = locations
        self._recursive = recursive
        self._sourceless = sourceless
        self._cache = cache
        self._execute = execute
        self._stamps: dict[str, Stamp] = {}
        self._headers: dict[str, Header] | None = None
        self._unsettled: set[str] = set()
        self._listed: list[tuple[str, list[str]]] = []
        self._paths: list[str] | None = None
        self._values: list[Stamp] = []
        self._lock = RLock()

    def headers(self) -> Mapping[str, Header]:
        """Return the headers of the files as they are now, by path; the same object as long as none changes."""
        with self._lock:
            return self._current()

    def _current(self) -> Mapping[str, Header]:
        before = self._headers
        if before is not None and self._is_unchanged():
            return before
        stable_before = time.time_ns() - _TICK
        stamps = self._scan()
        if before is not None:
            cached_stamps, cached = self._stamps, before
        else:
            cached_stamps, cached = self._cache.load() if self._cache else ({}, {})
        if stamps == cached_stamps and not self._unsettled:
            headers = cached
        else:
            headers = self._updated(stamps, cached_stamps, cached, stable_before)
        # Where only times have changed, what was made of the headers still holds.
        self._headers = current = headers if before is None or headers != before else before
        self._stamps = stamps
        return current

    def _updated(
        self,
        stamps: Mapping[str, Stamp],
        cached_stamps: Mapping[str, Stamp],
        cached: Mapping[str, Header],
        stable_before: int,
    ) -> dict[str, Header]:
        """Return the headers of files, read where what is known does not hold any more."""
        doubted = self._unsettled
        read = sorted(
            path for path, stamp in stamps.items() if cached_stamps.get(path) != stamp or path in doubted
        )
        headers = {path: header for path, header in cached.items() if path in stamps}
        headers |= {path: _unless_same(self._read(path, stamps[path]), cached.get(path)) for path in read}
        self._unsettled = {path for path in read if _is_unsettled(headers[path], stamps[path], stable_before)}
        fresh = len(read) - len(self._unsettled)
        # To read a few files is quicker than to write all.
        if self._cache and fresh and fresh * _WORTH_WRITING >= len(headers):
            self._cache.save(
                [
                    (path, stamps[path], header.revision)
                    for path, header in headers.items()
                    if path not in self._unsettled and header.revision is not None and not header.is_computed
                ]
            )
        return headers

    def _is_unchanged(self) -> bool:
        """Tell whether all files are as at the last look, for less than another look costs; False if not sure."""
        if self._unsettled or self._recursive or self._sourceless:
            return False
        if self._paths is None:
            listed = [
                (folder, name) for folder, names in self._listed for name in names if is_revision_name(name)
            ]
            self._paths = [f"{folder}{os.sep}{name}" for folder, name in listed]
            self._values = [self._stamps.get(path, _NO_FILE) for path in self._paths]
        try:
            return (
                # By its name alone, what is behind a link, or is a folder, is not known.
                _NO_FILE not in self._values
                and [os.path.realpath(location) for location in self._locations]
                == [folder for folder, _ in self._listed]
                and all(os.listdir(folder) == names for folder, names in self._listed)  # noqa: PTH208
                and all(map(eq, map(_STAMP, map(os.stat, self._paths)), self._values))
            )
        except OSError:
            return False

    def _read(self, path: str, stamp: Stamp) -> Header:
        file = Path(path)
        if stamp == _NO_FILE:
            why = "it is a link that leads nowhere" if file.is_symlink() else "it is no file"
            return unreadable_file(file, why)
        if path.endswith(COMPILED):
            # Hardly a project has such files.
            from nbmigrate.scripts.reading.compiled import read_compiled

            header = read_compiled(file)
        else:
            header = read_header(file)
        return self._execute(file) if header.is_computed and self._execute else header

    def _scan(self) -> dict[str, Stamp]:
        """Return the stamp of each revision file."""
        found: dict[str, Stamp] = {}
        listed = []
        folders = [os.path.realpath(location) for location in self._locations]
        for folder in folders:  # grows while it is walked
            try:
                names, below = _stamps_in(folder, found)
                if self._sourceless:
                    _compiled_in(folder, found)
            except FileNotFoundError:
                names, below = [], []
            except OSError as error:
                raise ConfigError(
                    f"{folder} cannot be read: {reason(error)}.", "Make the folder readable."
                ) from error
            listed.append((folder, names))
            if self._recursive:
                folders += [path for path in map(os.path.realpath, below) if path not in folders]
        self._listed, self._paths = listed, None
        return found


def _is_unsettled(header: Header, stamp: Stamp, stable_before: int) -> bool:
    """Tell whether a file is to be read again although its stamp stays: it may change unseen, or was not readable."""
    return stamp[1] > stable_before or (header.revision is None and not header.is_computed)


def _unless_same(header: Header, cached: Header | None) -> Header:
    """Return a header as it was known if it still says the same; errors compare by what they say."""
    if cached is None or cached.revision != header.revision:
        return header
    same = str(cached.problem) == str(header.problem) and str(cached.note) == str(header.note)
    return cached if same else header


def _stamps_in(folder: str, found: dict[str, Stamp]) -> tuple[list[str], list[str]]:
    """Add the stamps of the revision files in a folder to `found`; return all names in it, and the folders below."""
    names, below = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            names.append(entry.name)
            if is_revision_name(entry.name):
                if _add(entry, found):
                    below.append(entry.path)
            elif entry.name != _PYCACHE and entry.is_dir():
                below.append(entry.path)
    return names, below


#: What a stamp is made of.
_STAMP = attrgetter("st_size", "st_mtime_ns", "st_ino")


def _add(entry: os.DirEntry[str], found: dict[str, Stamp]) -> bool:
    """Add the stamp of what has a revision's name to `found`, or return True for a folder."""
    path = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
    try:
        stat = entry.stat()
    except OSError as error:
        # What is no link and not found is gone by now.
        if entry.is_symlink() or not isinstance(error, FileNotFoundError):
            found[entry.path] = _NO_FILE
        return False
    if S_ISDIR(stat.st_mode):
        return True
    is_file = S_ISREG(stat.st_mode)
    found[path] = _STAMP(stat) if is_file else _NO_FILE
    return False


def _compiled_in(folder: str, found: dict[str, Stamp]) -> None:
    """Add the compiled files of a folder and its __pycache__ that have no source, as Alembic finds them."""
    with os.scandir(folder) as entries:
        listed = [entry for entry in entries if not entry.name.startswith(_NO_REVISION)]
    names = {entry.name for entry in listed}
    cached: list[os.DirEntry[str]] = []
    for entry in listed:
        source, _, kind = entry.name.rpartition(_SOURCE)
        if kind == "c" and source + _SOURCE not in names:
            _add(entry, found)
    kept = {name.split(".")[0] for name in names}
    with suppress(FileNotFoundError), os.scandir(Path(folder) / _PYCACHE) as entries:
        cached = [entry for entry in entries if entry.name.endswith(COMPILED)]
    for entry in sorted(cached, key=_by_fitness):
        stem = entry.name.split(".")[0]
        if stem not in kept and not stem.startswith(_NO_REVISION):
            kept.add(stem)
            _add(entry, found)


def _by_fitness(entry: os.DirEntry[str]) -> tuple[bool, int, str]:
    """Return what the compiled files of one source are sorted by: this Python's own first, whole before optimized."""
    return f".{sys.implementation.cache_tag}." not in entry.name, len(entry.name), entry.name
