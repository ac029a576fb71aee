"""The revision files of a project, read only: reading all, loading one."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from nbmigrate.config import Config
from nbmigrate.errors import ConfigError, MigrateError, ScriptError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.reading.files import COMPILED, RevisionFiles
from nbmigrate.scripts.reading.header_cache import HeaderCache
from nbmigrate.scripts.reading.headers import (
    Header,
    create_date,
    declared_encoding,
    shown,
)
from nbmigrate.scripts.reading.loading import Compiled, Migration, file_of, load_migration, read_source


class RevisionFolder:
    """The revision files of one project.

    What the files say is kept, and read again when one changes; see `reading`. Nothing is run but by `load`, and by
    `execute` where that is given.

    Parameters
    ----------
    location
        The folder with env.py and script.py.mako.
    version_locations
        The folders with the revision files; the first, `versions` if none is given, is where a first revision goes.
    recursive
        Whether the folders below those are looked into.
    sourceless
        Whether compiled files are revisions where their source is not there.
    template_variables
        What script.py.mako may use beside the revision's own.
    execute
        What runs a file whose header is computed, and returns the header; None if no file is to be run.
    """

    def __init__(
        self,
        location: Path,
        version_locations: Sequence[Path] = (),
        file_template: str = "%(rev)s_%(slug)s",
        truncate_slug_length: int = 40,
        output_encoding: str = "utf-8",
        *,
        recursive: bool = False,
        sourceless: bool = False,
        template_variables: Mapping[str, Any] | None = None,
        execute: Callable[[Path], Header] | None = None,
    ) -> None:
        self.location = location
        self.file_template = file_template
        self.truncate_slug_length = truncate_slug_length
        self.output_encoding = output_encoding
        self.recursive = recursive
        self.sourceless = sourceless
        self.template_variables = dict(template_variables or {})
        self._compiled: dict[Path, Compiled] = {}
        self._open_files = partial(
            RevisionFiles,
            recursive=recursive,
            sourceless=sourceless,
            cache=HeaderCache(location),
            execute=execute,
        )
        self.version_locations = tuple(version_locations) or (location / "versions",)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.location)!r})"

    @classmethod
    def from_config(cls, config: Config, execute: Callable[[Path], Header] | None = None) -> Self:
        """Return the script directory of a project.

        Parameters
        ----------
        execute
            What runs a file whose header is computed, if the configuration says `revision_headers = execute`.

        Raises
        ------
        ConfigError
            The configuration does not say where it is, or it is not there.
        """
        declared = config.script_location
        location = _folder(declared)
        if not location.is_dir():
            raise ConfigError(
                f"{config.file.name} says script_location = {location}, and there is no such folder.",
                f"Make it with: init {location.name}; or correct the line.",
            )
        return cls(
            location,
            [
                location / path.relative_to(declared) if path.is_relative_to(declared) else _folder(path)
                for path in config.version_locations
            ],
            config.file_template,
            config.truncate_slug_length,
            config.output_encoding,
            recursive=config.recursive_version_locations,
            sourceless=config.sourceless,
            template_variables={"config": SimpleNamespace(get_main_option=config.get)},
            execute=execute if config.executes_headers else None,
        )

    @property
    def version_locations(self) -> tuple[Path, ...]:
        """The folders with the revision files; an env.py may set others, one for each kind of database."""
        return self._version_locations

    @version_locations.setter
    def version_locations(self, folders: Sequence[str | os.PathLike[str]]) -> None:
        locations = tuple(map(Path, folders))
        if locations == getattr(self, "_version_locations", None):
            # What was read of them still holds: env.py says it at every run.
            return
        self._version_locations = locations
        self._files = self._open_files(self._version_locations)
        self._graph: tuple[Mapping[str, Header], RevisionGraph] | None = None

    @property
    def template_path(self) -> Path:
        """The template of new revision files."""
        return self.location / "script.py.mako"

    def graph(self) -> RevisionGraph:
        """Return the revisions as their files are now; the same object as long as no file changes."""
        headers = self._files.headers()
        if self._graph is None or self._graph[0] is not headers:
            self._graph = headers, graph_of(headers.values())
        return self._graph[1]

    def paths(self) -> tuple[Path, ...]:
        """Return the revision files, those that cannot be read too."""
        return tuple(map(Path, self._files.headers()))

    def is_compiled(self, revision: Revision) -> bool:
        """Tell whether a revision's file has no text."""
        return file_of(revision).suffix == COMPILED

    def source(self, revision: Revision) -> str:
        """Return the text of a revision's file, in the encoding that it declares."""
        path = file_of(revision)
        if self.is_compiled(revision):
            raise ScriptError(f"{shown(path)} is compiled: it has no source.", "Find its source.", path=path)
        content = read_source(path)
        try:
            return content.decode(declared_encoding(content))
        except (SyntaxError, UnicodeError) as error:
            message = f"{shown(path)} is not in the encoding it declares, or not in UTF-8."
            raise ScriptError(message, "Save it as UTF-8.", path=path) from error

    def content(self, revision: Revision) -> bytes | None:
        """Return what is in a revision's file; None where that is compiled, is not there or cannot be read."""
        path = revision.path
        if path is None or path.suffix == COMPILED:
            return None
        try:
            return path.read_bytes()
        except OSError:
            return None

    def create_date(self, revision: Revision) -> str:
        """Return the date in the docstring of a revision's file, as written there; empty if there is none."""
        return create_date(revision.doc)

    def load(self, revision: Revision, names: dict[str, Any] | None = None) -> Migration:
        """Run a revision's file as it is now and return its functions; see `load_migration`."""
        return load_migration(revision, names, self._compiled.pop(file_of(revision), None))

    def check_syntax(self, revisions: Iterable[Revision]) -> None:
        """Compile the files of revisions, without running them: so that a run can refuse before it touches anything.

        The code is kept for `load`, which takes it if the file is still the same then.

        Raises
        ------
        ScriptError
            The first file that Python does not take, or that cannot be read.
        """
        # To read thousands of files is asked for by runs alone.
        from nbmigrate.scripts.reading.code_cache import compile_all

        self._compiled = {}
        self._compiled = compile_all(map(file_of, revisions), self.location)


def _folder(path: Path) -> Path:
    """Return a folder of the configuration, or a copy of it if it is in a zip file."""
    if path.exists():
        return path
    # Hardly a project is in one.
    from nbmigrate.scripts.reading.unpacked import unpacked

    return unpacked(path)


def graph_of(headers: Iterable[Header]) -> RevisionGraph:
    """Return the graph of the revisions whose headers these are, with the problems of those that cannot be read."""
    headers = tuple(headers)
    unread = sorted(
        (header.problem for header in headers if header.problem), key=lambda problem: str(problem.path)
    )
    problems: list[MigrateError] = [*unread]
    notes = sorted((header.note for header in headers if header.note), key=lambda note: str(note.path))
    return RevisionGraph([header.revision for header in headers if header.revision], problems, notes)
