"""The folder of a project's revisions: reading all, loading one, writing one."""

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nbmigrate.config import Config, reason, replace_file
from nbmigrate.errors import BodyError, ConfigError, MigrateError, ScriptError, UnreadableRevisionError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.reading.files import COMPILED, RevisionFiles
from nbmigrate.scripts.reading.header_cache import HeaderCache
from nbmigrate.scripts.reading.headers import (
    Header,
    create_date,
    declared_encoding,
    parse_header,
    shown,
    syntax_problem,
)
from nbmigrate.scripts.reading.loading import Compiled, Migration, file_of, load_migration, read_source
from nbmigrate.scripts.writing.file_names import check_id, check_label, file_name, slug
from nbmigrate.scripts.writing.locations import location_beside, path_in

if TYPE_CHECKING:
    from datetime import datetime

    from nbmigrate.scripts.writing.body import Body


class ScriptDirectory:
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
        return f"ScriptDirectory({str(self.location)!r})"

    @classmethod
    def from_config(
        cls, config: Config, execute: Callable[[Path], Header] | None = None
    ) -> "ScriptDirectory":
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
            self._graph = headers, _graph_of(headers.values())
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
            raise ScriptError(
                f"{shown(path)} is compiled: it has no text.", "Look for its source.", path=path
            )
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

    def plan_file(
        self,
        revision_id: str,
        message: str | None,
        down_revisions: Sequence[str],
        labels: Sequence[str],
        depends_on: Sequence[str],
        create_date: "datetime",
        body: "Body | None" = None,
        *,
        folder: Path | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> tuple[Path, str]:
        """Return where a new revision file goes and its text; nothing is written.

        Parameters
        ----------
        folder
            Which of the version locations; that of the first parent if not given.
        variables
            What the template may use besides `template_variables`.

        Raises
        ------
        GraphError
            The id or a label cannot be one.
        ScriptError
            script.py.mako has an error.
        ConfigError
            No folder is given where there are several, or file_template is wrong.
        """
        # Mako, and what cuts cell bodies, are not needed to read revisions.
        from nbmigrate.scripts.writing.body import replace_body
        from nbmigrate.scripts.writing.rendering import NewRevision, render_revision

        check_id(revision_id)
        for label in labels:
            check_label(label)
        name = file_name(
            self.file_template, revision_id, slug(message, self.truncate_slug_length), create_date
        )
        path = path_in(folder or self._folder_beside(down_revisions), name, recursive=self.recursive)
        new = NewRevision(
            revision_id, message, tuple(down_revisions), tuple(labels), tuple(depends_on), create_date
        )
        values = {**self.template_variables, **(variables or {})}
        text = render_revision(self.template_path, new, path, values)
        if body is None:
            return path, text
        text = replace_body(text, body)
        problem = syntax_problem(text.encode(), path)
        if problem is not None:
            raise self._unfit(problem, path)
        return path, text

    def _folder_beside(self, parents: Sequence[str]) -> Path:
        """Return the version location that a child of these revisions goes to."""
        graph = self.graph()
        return location_beside(self.version_locations, (graph[parent].path for parent in parents))

    def _unfit(self, problem: UnreadableRevisionError, path: Path) -> BodyError:
        return BodyError(
            f"The body does not fit into {self.template_path.name}: {problem.message}",
            "Write `def upgrade():` and `def downgrade():` in the body.",
            path=path,
            line=problem.line,
        )

    def write(self, path: Path, text: str | bytes, replaces: Path | None = None) -> None:
        """Write a revision file, if the graph with it is valid.

        Parameters
        ----------
        path, text
            As `plan_file` returns them; bytes are written as they are.
        replaces
            The file of this revision until now; gone afterwards if `path` is another.

        Raises
        ------
        GraphError
            The graph would not be valid; nothing was written.
        ScriptError
            The text is no revision file, the file is there already, it cannot be written, or is in a zip file.
        """
        path, replaces = path.resolve(), replaces.resolve() if replaces else None
        _check_not_unpacked(path)
        content = text if isinstance(text, bytes) else self._encoded(path, text)
        self._check_graph_with(path, content, replaces)
        if path.exists() and path != replaces:
            raise ScriptError(f"{shown(path)} is there already.", "Choose another id or message.", path=path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if replaces is None or replaces == path:
                replace_file(path, content)
            else:
                # In this order there is one file of the revision at every moment.
                replace_file(replaces, content)
                replaces.rename(path)
        except OSError as error:
            message = f"{shown(path)} cannot be written: {reason(error)}."
            raise ScriptError(message, "Make its folder writable. Nothing was written.", path=path) from error

    def remove(self, path: Path) -> None:
        """Remove a revision file, and what Python has compiled of it, which may be a revision too where it is alone.

        Raises
        ------
        ScriptError
            It cannot be removed, or is in a zip file.
        """
        path = path.resolve()
        _check_not_unpacked(path)
        compiled = re.compile(rf"{re.escape(path.stem)}\.[^.]+(\.opt-\d)?\.pyc")
        try:
            for cached in path.parent.joinpath("__pycache__").glob("*.pyc"):
                if compiled.fullmatch(cached.name):
                    cached.unlink()
            path.with_suffix(COMPILED).unlink(missing_ok=True)
            path.unlink(missing_ok=True)
        except OSError as error:
            message = f"{shown(path)} cannot be removed: {reason(error)}."
            raise ScriptError(message, "Make its folder writable.", path=path) from error

    def _encoded(self, path: Path, text: str) -> bytes:
        try:
            declared = declared_encoding(text.encode("utf-8", "replace"))
            content = text.encode(self.output_encoding if declared == "utf-8" else declared)
            # Python reads it in the encoding that it declares, whatever the setting says.
            content.decode(declared)
        except (UnicodeError, LookupError, SyntaxError) as error:
            raise ScriptError(
                f"{shown(path)} cannot be written in {self.output_encoding}: {error}.",
                "Set output_encoding = utf-8, or let script.py.mako begin with the line: "
                f"${{'# coding: {self.output_encoding}'}}",
                path=path,
            ) from error
        return content

    def _check_graph_with(self, path: Path, content: bytes, replaces: Path | None) -> None:
        header = parse_header(content, path)
        problem = header.problem or syntax_problem(content, path)
        if problem is not None:
            raise problem
        present = self.graph()
        headers = self._files.headers()
        others = [header for file, header in headers.items() if file not in (str(path), str(replaces))]
        planned = _graph_of([*others, header])
        messages = {problem.message for problem in present.problems}
        new = [problem for problem in planned.problems if problem.message not in messages]
        if new:
            raise new[0]
        # A file may be mended while another is broken; a new one needs a sound graph to stand in.
        if replaces is None:
            planned.check()


def _check_not_unpacked(path: Path) -> None:
    from nbmigrate.scripts.reading.unpacked import is_unpacked

    if is_unpacked(path):
        raise ScriptError(
            f"{shown(path)} is a copy of what is in a zip file: nothing is written to it.",
            "Name an ordinary folder in version_locations, or unpack the zip file.",
            path=path,
        )


def _folder(path: Path) -> Path:
    """Return a folder of the configuration, or a copy of it if it is in a zip file."""
    if path.exists():
        return path
    # Hardly a project is in one.
    from nbmigrate.scripts.reading.unpacked import unpacked

    return unpacked(path)


def _graph_of(headers: Iterable[Header]) -> RevisionGraph:
    headers = tuple(headers)
    unread = sorted(
        (header.problem for header in headers if header.problem), key=lambda problem: str(problem.path)
    )
    problems: list[MigrateError] = [*unread]
    notes = sorted((header.note for header in headers if header.note), key=lambda note: str(note.path))
    return RevisionGraph([header.revision for header in headers if header.revision], problems, notes)
