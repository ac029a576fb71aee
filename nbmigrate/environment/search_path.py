"""Where the code of a project imports from."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def search_path(folders: Sequence[Path]) -> Iterator[None]:
    """Look for modules in these folders first; each run puts in, and takes out, entries of its own."""
    entries = [str(folder) for folder in folders]
    sys.path[:0] = entries
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for entry in entries:
            if entry in sys.path:
                sys.path.remove(entry)
