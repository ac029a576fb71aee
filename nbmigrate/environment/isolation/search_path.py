"""What the code of a project runs in: where it imports from, and what it finds."""

import importlib
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nbmigrate.config import Config
from nbmigrate.environment.isolation.import_hook import alembic_is_ours
from nbmigrate.environment.isolation.modules import ProjectModules
from nbmigrate.environment.isolation.name_clashes import OwnNames

#: Each would delete the same entries of `sys.path_importer_cache`, and the second fails with KeyError.
_one_at_a_time = threading.Lock()


@contextmanager
def search_path(folders: Sequence[Path]) -> Iterator[None]:
    """Look for modules in these folders first; each run puts in, and takes out, entries of its own."""
    entries = [str(folder) for folder in folders]
    sys.path[:0] = entries
    with _one_at_a_time:
        importlib.invalidate_caches()
    try:
        yield
    finally:
        for entry in entries:
            if entry in sys.path:
                sys.path.remove(entry)


@contextmanager
def project_code(
    config: Config, modules: ProjectModules, *, project_imports: bool = True, more: Sequence[Path] = ()
) -> Iterator[None]:
    """Run a project's code in the block: see `import_hook`, `modules` and `name_clashes` for what it imports.

    Parameters
    ----------
    config
        The project's configuration.
    modules
        Its modules that are its runs' own.
    project_imports
        Whether the folders count that `prepend_sys_path` names.
    more
        Folders that will be on the path too: those of the project's application.
    """
    folders = config.prepend_sys_path if project_imports else ()
    names = OwnNames((*more, *folders))
    with alembic_is_ours(names.check) as taken, search_path(folders), modules.present(taken):
        yield
