"""The code of revision files, kept on disk for the next run of thousands, as Python keeps that of modules.

A file for each project directory, beside that of `cache`; it is safe to delete. Code is found by what is in the file it
was compiled from, so that none is ever older than its source. Where Python is told to write no bytecode, none is kept.
"""

import contextlib
import hashlib
import importlib.util
import marshal
import os
import sys
import zlib
from collections.abc import Iterable
from pathlib import Path

from nbmigrate.scripts.reading.files import COMPILED
from nbmigrate.scripts.reading.header_cache import file_for, replace_whole
from nbmigrate.scripts.reading.headers import compile_source
from nbmigrate.scripts.reading.loading import Compiled, compiled_file, read_source

#: So many files are compiled before those of a whole project are read.
_FEW = 50
#: The cache is written again when at least one in so many files had to be compiled.
_WORTH_WRITING = 20
_VERSION = 1

#: Which content, and the code of it.
Entry = tuple[bytes, bytes]


def compile_all(paths: Iterable[Path], location: Path) -> dict[Path, Compiled]:
    """Return the code of revision files, without running them.

    Parameters
    ----------
    paths
        The files.
    location
        The project's folder of scripts, which the code is kept for.

    Raises
    ------
    ScriptError
        The first file that Python does not take, or that cannot be read.
    """
    paths = tuple(paths)
    if len(paths) < _FEW:
        return {path: compiled_file(path) for path in paths}
    file = file_for(location, "code")
    kept = _load(file) if file else {}
    fresh: dict[str, Entry] = {}
    found = {path: _compiled(path, kept, fresh) for path in paths}
    if file and not sys.dont_write_bytecode and len(fresh) * _WORTH_WRITING >= len(paths):
        _save(file, {name: kept[name] for name in kept if Path(name).exists()} | fresh)
    return found


def _compiled(path: Path, kept: dict[str, Entry], fresh: dict[str, Entry]) -> Compiled:
    """Return the code of a file: that which was kept, or new code, which is added to `fresh`."""
    name = str(path)
    if name.endswith(COMPILED):
        return compiled_file(path)
    content = read_source(path)
    digest = hashlib.blake2b(content, digest_size=16).digest()
    cached_digest, code = kept.get(name, (b"", b""))
    if cached_digest == digest:
        return Compiled(content, marshal.loads(code))  # noqa: S302 - our own, and whole
    compiled = Compiled(content, compile_source(content, path))
    fresh[name] = digest, marshal.dumps(compiled.code)
    return compiled


def _load(file: Path) -> dict[str, Entry]:
    """Return what was kept; nothing where it is damaged, of another Python, or could be somebody else's."""
    try:
        with file.open("rb") as opened:
            if not _is_ours(os.fstat(opened.fileno())):
                return {}
            head, _, body = opened.read().partition(b"\n")
        return marshal.loads(body) if head == _head(body) else {}  # noqa: S302
    except (OSError, ValueError, EOFError, TypeError):
        return {}


def _is_ours(status: os.stat_result) -> bool:
    """Whether nobody but the user can have written a file: what is in it is run."""
    return sys.platform == "win32" or (status.st_uid == os.getuid() and not status.st_mode & 0o022)


def _save(file: Path, entries: dict[str, Entry]) -> None:
    body = marshal.dumps(entries)
    with contextlib.suppress(OSError):
        replace_whole(file, _head(body) + b"\n" + body)


def _head(body: bytes) -> bytes:
    magic = importlib.util.MAGIC_NUMBER.hex()
    return f"nbmigrate code {_VERSION} {magic} {sys.flags.optimize} {zlib.crc32(body):08x}".encode()
