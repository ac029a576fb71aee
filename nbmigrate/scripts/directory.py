"""The folder of a project's revisions: reading all, loading one, writing one."""

import os
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nbmigrate.config import Config, reason, replace_file
from nbmigrate.errors import BodyError, ConfigError, MigrateError, ScriptError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.headers import Header, parse_header, read_header, shown, syntax_problem
from nbmigrate.scripts.loading import Migration, file_of, load_migration, read_source
from nbmigrate.scripts.naming import check_id, check_label, file_name, slug

if TYPE_CHECKING:
    from nbmigrate.scripts.body import Body

_REVISION_FILE = re.compile(r"(?!\.#|__init__).*\.py")

#: Size, time of change and inode: what tells that a file is another one than when it was read.
_Stamp = tuple[int, int, int]


class ScriptDirectory:
    """The revision files of one project.

    Headers are kept in memory and read again when a file's size, time or inode is another; looking costs one `stat` per
    file. Nothing is run but by `load`.

    Parameters
    ----------
    location
        The folder with env.py and script.py.mako.
    version_locations
        The folders with the revision files; the first, `versions` if none is given, is where a first revision goes.
    recursive
        Whether the folders below those are looked into.
    template_variables
        What script.py.mako may use beside the revision's own.
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
        template_variables: Mapping[str, Any] | None = None,
    ) -> None:
        self.location = location
        self.version_locations = tuple(version_locations) or (location / "versions",)
        self.file_template = file_template
        self.truncate_slug_length = truncate_slug_length
        self.output_encoding = output_encoding
        self.recursive = recursive
        self.template_variables = dict(template_variables or {})
        self._headers: dict[str, tuple[_Stamp, Header]] = {}
        self._graph: RevisionGraph | None = None

    def __repr__(self) -> str:
        return f"ScriptDirectory({str(self.location)!r})"

    @classmethod
    def from_config(cls, config: Config) -> "ScriptDirectory":
        """Return the script directory of a project.

        Raises
        ------
        ConfigError
            The configuration does not say where it is, or it is not there.
        """
        location = config.script_location
        if not location.is_dir():
            raise ConfigError(
                f"{config.file.name} says script_location = {location}, and there is no such folder.",
                f"Make it with: init {location.name}; or correct the line.",
            )
        return cls(
            location,
            config.version_locations,
            config.file_template,
            config.truncate_slug_length,
            config.output_encoding,
            recursive=config.recursive_version_locations,
            template_variables={"config": SimpleNamespace(get_main_option=config.get)},
        )

    @property
    def template_path(self) -> Path:
        """The template of new revision files."""
        return self.location / "script.py.mako"

    def graph(self) -> RevisionGraph:
        """Return the revisions as their files are now; the same object as long as no file changes."""
        before = self._headers
        headers: dict[str, tuple[_Stamp, Header]] = {}
        for path, stamp in self._files():
            kept = before.get(path)
            headers[path] = (
                kept if kept is not None and kept[0] == stamp else (stamp, read_header(Path(path)))
            )
        graph = self._graph
        if graph is None or headers != before:
            graph = _graph_of([header for _, header in headers.values()])
            self._headers, self._graph = headers, graph
        return graph

    def source(self, revision: Revision) -> str:
        """Return the text of a revision's file, in the encoding that it declares."""
        path = file_of(revision)
        content = read_source(path)
        try:
            return content.decode(tokenize.detect_encoding(BytesIO(content).readline)[0])
        except (SyntaxError, UnicodeError) as error:
            message = f"{shown(path)} is not in the encoding it declares, or not in UTF-8."
            raise ScriptError(message, "Save it as UTF-8.", path=path) from error

    def create_date(self, revision: Revision) -> str:
        """Return the date in the docstring of a revision's file, as written there; empty if there is none."""
        path = file_of(revision)
        kept = self._headers.get(str(path))
        return (kept[1] if kept else read_header(path)).create_date

    def load(self, revision: Revision, importer: Callable[..., Any] | None = None) -> Migration:
        """Run a revision's file as it is now and return its functions; see `load_migration`."""
        return load_migration(revision, importer)

    def plan_file(
        self,
        revision_id: str,
        message: str | None,
        down_revisions: Sequence[str],
        labels: Sequence[str],
        depends_on: Sequence[str],
        create_date: datetime,
        body: "Body | None" = None,
        *,
        folder: Path | None = None,
    ) -> tuple[Path, str]:
        """Return where a new revision file goes and its text; nothing is written.

        Parameters
        ----------
        folder
            Which of the version locations; that of the first parent if not given.

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
        from nbmigrate.scripts.body import replace_body
        from nbmigrate.scripts.rendering import NewRevision, render_revision

        check_id(revision_id)
        for label in labels:
            check_label(label)
        name = file_name(
            self.file_template, revision_id, slug(message, self.truncate_slug_length), create_date
        )
        path = (folder or self._folder_for(down_revisions)) / name
        if not _REVISION_FILE.fullmatch(path.name):
            raise ConfigError(f"{path.name} would not be read as a revision file.", "Change file_template.")
        new = NewRevision(
            revision_id, message, tuple(down_revisions), tuple(labels), tuple(depends_on), create_date
        )
        text = render_revision(self.template_path, new, path, self.template_variables)
        if body is None:
            return path, text
        text = replace_body(text, body)
        problem = syntax_problem(text.encode(), path)
        if problem is not None:
            raise BodyError(
                f"The body does not fit into {self.template_path.name}: {problem.message}",
                "Write `def upgrade():` and `def downgrade():` in the cell.",
                path=path,
                line=problem.line,
            )
        return path, text

    def write(self, path: Path, text: str, replaces: Path | None = None) -> None:
        """Write a revision file, if the graph with it is valid.

        Parameters
        ----------
        path, text
            As `plan_file` returns them.
        replaces
            The file of this revision until now; gone afterwards if `path` is another.

        Raises
        ------
        GraphError
            The graph would not be valid; nothing was written.
        ScriptError
            The text is no revision file, the file is there already, or it cannot be written.
        """
        path, replaces = path.resolve(), replaces.resolve() if replaces else None
        content = self._encoded(path, text)
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

    def _encoded(self, path: Path, text: str) -> bytes:
        try:
            declared = tokenize.detect_encoding(BytesIO(text.encode("utf-8", "replace")).readline)[0]
            content = text.encode(self.output_encoding if declared == "utf-8" else declared)
            # Python reads it in the encoding that it declares, whatever the setting says.
            content.decode(declared)
        except (UnicodeError, LookupError, SyntaxError) as error:
            raise ScriptError(
                f"{shown(path)} cannot be written in {self.output_encoding}: {error}.",
                "Set output_encoding = utf-8, or let script.py.mako begin with a `coding:` comment.",
                path=path,
            ) from error
        return content

    def _check_graph_with(self, path: Path, content: bytes, replaces: Path | None) -> None:
        header = parse_header(content, path)
        if header.problem is not None:
            raise header.problem
        present = self.graph()
        others = [kept for file, (_, kept) in self._headers.items() if file not in (str(path), str(replaces))]
        planned = _graph_of([*others, header])
        known = {problem.message for problem in present.problems}
        new = [problem for problem in planned.problems if problem.message not in known]
        if new:
            raise new[0]
        # A file may be mended while another is broken; a new one needs a sound graph to stand in.
        if replaces is None:
            planned.check()

    def _folder_for(self, down_revisions: Sequence[str]) -> Path:
        if len(self.version_locations) == 1:
            return self.version_locations[0]
        graph = self.graph()
        for parent in down_revisions:
            path = graph[parent].path
            for location in self.version_locations:
                if path is not None and path.is_relative_to(location.resolve()):
                    return location
        raise ConfigError(
            "Multiple version locations present, please specify --version-path",
            f"One of: {', '.join(map(shown, self.version_locations))}.",
        )

    def _files(self) -> Iterator[tuple[str, _Stamp]]:
        """Yield the revision files, each once, in the order of their names."""
        seen = set()
        for location in self.version_locations:
            folder = os.path.realpath(location)
            for path, stamp in _revision_files(folder, recursive=self.recursive):
                if path not in seen:
                    seen.add(path)
                    yield path, stamp


def _graph_of(headers: Sequence[Header]) -> RevisionGraph:
    problems: list[MigrateError] = [header.problem for header in headers if header.problem]
    return RevisionGraph([header.revision for header in headers if header.revision], problems)


def _revision_files(folder: str, *, recursive: bool) -> Iterator[tuple[str, _Stamp]]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be read: {reason(error)}.", "Make the folder readable."
        ) from error
    for entry in entries:
        try:
            is_folder = entry.is_dir()
            stat = entry.stat() if _REVISION_FILE.fullmatch(entry.name) else None
        except OSError:
            # A link that leads nowhere or in a circle, or a file that is gone by now.
            continue
        if is_folder:
            if recursive and entry.name != "__pycache__":
                yield from _revision_files(entry.path, recursive=True)
        elif stat is not None:
            path = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
            yield path, (stat.st_size, stat.st_mtime_ns, stat.st_ino)
