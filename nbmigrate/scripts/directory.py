"""The folder of a project's revisions: reading all, loading one, writing one."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmigrate.config import reason, replace_file
from nbmigrate.errors import BodyError, ScriptError, UnreadableRevisionError
from nbmigrate.scripts.folder import RevisionFolder, graph_of
from nbmigrate.scripts.reading.files import COMPILED
from nbmigrate.scripts.reading.headers import (
    declared_encoding,
    parse_header,
    shown,
    syntax_problem,
)
from nbmigrate.scripts.writing.file_names import (
    check_id,
    check_label,
    file_name,
    location_beside,
    path_in,
    slug,
)

if TYPE_CHECKING:
    from datetime import datetime

    from nbmigrate.scripts.writing.body import Body


class ScriptDirectory(RevisionFolder):
    """The revision files of one project, and new ones."""

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
        planned = graph_of([*others, header])
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
