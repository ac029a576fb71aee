"""`verify`: what is wrong with the revision files, for a person and for CI."""

from dataclasses import dataclass
from pathlib import Path

from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.errors import GraphError, MigrateError, MultipleHeadsError, ScriptError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.problems import file_of, listed
from nbmigrate.graph.revision import Revision
from nbmigrate.project import Project
from nbmigrate.scripts.reading.headers import shown, syntax_problem
from nbmigrate.scripts.reading.loading import read_source
from nbmigrate.scripts.writing.file_names import check_id, check_label


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the revision files in one place.

    Parameters
    ----------
    kind
        The error that a command would end with: "MissingRevision", "Cycle", "UnreadableRevision" ...
    message, hint
        What is wrong, and what to do about it.
    path
        The file, from the current folder; empty where it is in none or several.
    """

    kind: str
    message: str
    hint: str
    path: str = ""

    @classmethod
    def of(cls, error: MigrateError) -> "Problem":
        """Return what an error says."""
        path = getattr(error, "path", None)
        kind = type(error).__name__.removesuffix("Error")
        return cls(kind, error.message, error.hint, shown(path) if path is not None else "")


@dataclass(frozen=True, kw_only=True, repr=False)
class VerifyResult(Result):
    """What is wrong with the revision files; nothing is `ok`.

    Parameters
    ----------
    problems
        What was found, each with what to do about it.
    revisions
        How many revisions there are.
    heads
        Their heads.
    """

    problems: tuple[Problem, ...]
    revisions: int
    heads: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    @property
    def exit_code(self) -> int:
        """1 where something is wrong, for the terminal."""
        return 0 if self.ok else 1

    def rows(self) -> list[Row]:
        """Return one record per problem."""
        return [
            {
                "kind": problem.kind,
                "problem": problem.message,
                "hint": problem.hint,
                "path": problem.path,
            }
            for problem in self.problems
        ]

    def _summary(self) -> str:
        heads = f"{'head' if len(self.heads) == 1 else 'heads'} {listed(self.heads) or 'none'}"
        found = (
            f"{len(self.problems)} problem{'' if len(self.problems) == 1 else 's'}"
            if not self.ok
            else "No problems"
        )
        return f"{found}: {self.revisions} revision{'' if self.revisions == 1 else 's'}, {heads}."

    def to_text(self) -> str:
        """Return the problems, each with what to do under it, and a line that sums up."""
        lines = []
        for problem in self.problems:
            lines += [problem.message, *(f"    {line}" for line in problem.hint.splitlines())]
        return "\n".join([*lines, self._summary()])

    def to_html(self) -> str:
        """Return the problems as a list."""
        items = "".join(
            f"<li>{html.lines(problem.message)}<br>{html.lines(problem.hint)}</li>"
            for problem in self.problems
        )
        return (f"<ul>{items}</ul>" if items else "") + html.paragraph(html.lines(self._summary()))


def verify(project: Project, *, several_heads: bool = False) -> VerifyResult:
    """Check the revision files: that they can be read, and make one graph; nothing is run, no database is asked.

    Looked for are missing parents and dependencies, cycles, ids and labels that are there twice or cannot be named,
    files that are not Python or have no header, and several heads.

    Parameters
    ----------
    several_heads
        Whether several heads are meant to be there.
    """
    graph = project.graph
    problems = list(graph.problems)
    unreadable = {problem.path for problem in problems if isinstance(problem, ScriptError)}
    for path in project.scripts.paths():
        problem = None if path in unreadable else _unparsable(path)
        if problem is not None:
            problems.append(problem)
    reported = {problem.message for problem in graph.problems}
    for name in graph.names:
        if name in graph:
            problems += _misnamed(graph[name], reported)
    if len(graph.heads) > 1 and not several_heads:
        problems.append(_several_heads(graph))
    return VerifyResult(
        problems=tuple(map(Problem.of, problems)),
        revisions=len(graph),
        heads=graph.heads,
        notes=tuple(map(str, graph.notes)),
    )


def _unparsable(path: Path) -> MigrateError | None:
    """Return why a file could not be run; what is above its first function was read for the graph already."""
    try:
        return syntax_problem(read_source(path), path) if path.suffix == ".py" else None
    except ScriptError as error:
        return error


def _misnamed(revision: Revision, reported: set[str]) -> list[MigrateError]:
    """Return what makes the id and the labels of a revision unusable, where the graph has not said so."""
    found: list[MigrateError] = []
    where = f"in {file_of(revision)}"
    for check, name in ((check_id, revision.id), *((check_label, label) for label in revision.branch_labels)):
        try:
            check(name)
        except MigrateError as error:
            if not any(message.startswith(error.message.rstrip(".")) for message in reported):
                change = (
                    f"Change the id {where}, and wherever a down_revision or depends_on names it."
                    if check is check_id
                    else f"Choose another name for branch_labels {where}."
                )
                found.append(GraphError(error.message, f"{error.hint} {change}", revisions=(revision.id,)))
    return found


def _several_heads(graph: RevisionGraph) -> MultipleHeadsError:
    return MultipleHeadsError(
        f"There are {len(graph.heads)} heads: {listed(graph.heads)}.",
        "Join them with `merge heads`, or put one after the other with `rebase`; if they are meant to be, say "
        "--several-heads.",
        choices=graph.heads,
    )
