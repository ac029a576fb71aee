"""`doctor`: what is wrong with a database, and the ways out."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nbmigrate.commands.database.changed_code import find_changed
from nbmigrate.commands.database.interrupted import standing, statement_rows
from nbmigrate.commands.history.verify import Problem
from nbmigrate.commands.results import html
from nbmigrate.commands.results.per_database import for_each
from nbmigrate.commands.results.result import Row, TabularResult
from nbmigrate.commands.results.terminal import Terminal
from nbmigrate.errors import MigrateError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.position import REWRITE, check_rows
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.bookkeeping.changed_code import ChangedCode
    from nbmigrate.database.diagnosis.health import Examination
    from nbmigrate.environment.migration_context import MigrationContext

_UNTOLD = (
    "The schema does not show whether the statement in flight was applied: check it, then `resume --applied` or "
    "`resume --not-applied`."
)


@dataclass(frozen=True, kw_only=True, repr=False)
class DoctorResult(TabularResult):
    """What is wrong with a database; nothing is `ok`.

    Parameters
    ----------
    url
        The database; the last one where env.py configures several.
    problems
        What was found, each with the ways out; where there are several databases each says in which.
    statements
        The statements of the interrupted revision, one record each.
    databases
        The urls of all.
    """

    url: str
    problems: tuple[Problem, ...]
    statements: tuple[Row, ...] = ()
    databases: tuple[str, ...] = ()

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
            {"kind": problem.kind, "problem": problem.message, "hint": problem.hint}
            for problem in self.problems
        ]

    @property
    def _summary(self) -> str:
        count = len(self.problems)
        found = f"{f'{count} problem' if count else 'No problem'}{'' if count == 1 else 's'}"
        return f"{found}: {', '.join(self.databases or (self.url,))}"

    def to_terminal(self, terminal: Terminal) -> str:
        """Return the problems, each with what to do under it, and the statements of the interrupted revision."""
        lines = []
        for problem in self.problems:
            lines += [problem.message, *(f"    {line}" for line in problem.hint.splitlines())]
        shown = [{**row, "sql": row["sql"].splitlines()[0]} for row in self.statements]
        return "\n".join(filter(None, [*lines, terminal.table(shown), self._summary]))

    def to_html(self) -> str:
        """Return the problems as a list, and a table of the statements of the interrupted revision."""
        items = "".join(
            f"<li>{html.lines(problem.message)}<br>{_hint_html(problem)}</li>" for problem in self.problems
        )
        found = f"<ul>{items}</ul>" if items else ""
        return found + html.table(self.statements, code=("sql",)) + html.paragraph(html.lines(self._summary))


def _hint_html(problem: Problem) -> str:
    # Of a changed revision it is the difference, which needs its spaces.
    return html.code(problem.hint, "diff") if problem.kind == "Changed" else html.prose(problem.hint)


def doctor(project: Project) -> DoctorResult:
    """Diagnose an interrupted run or a damaged history; writes nothing.

    It finds an interrupted revision, version rows that no file has, that overlap or are there twice, ids
    that the version table is too narrow for, applied revisions whose code is not what ran, as far as runs are recorded,
    and what is wrong with the revision files.
    """
    graph = project.graph

    def read(context: "MigrationContext") -> "tuple[Examination, list[ChangedCode]]":
        from nbmigrate.database.diagnosis.health import examine

        found = examine(context.connection, context.versions)
        return found, list(find_changed(context, [row for row in found.rows if row in graph]))

    found = for_each(project, read)
    problems = [Problem.of(problem) for problem in graph.problems]
    statements: list[Row] = []
    for url, (examination, changed) in found:
        standing_problems: list[Problem] = [
            *_interrupted(examination),
            *_of_rows(examination, graph),
            *_of_width(examination, graph),
            *(Problem("Changed", each.title, each.diff) for each in changed),
        ]
        step = examination.open_step
        rows = statement_rows(step) if step is not None else []
        if len(found) > 1:
            standing_problems = [
                replace(problem, message=f"{url}: {problem.message}") for problem in standing_problems
            ]
            rows = [{"database": url, **row} for row in rows]
        problems += standing_problems
        statements += rows
    urls = tuple(url for url, _ in found)
    return DoctorResult(
        url=urls[-1],
        problems=tuple(problems),
        statements=tuple(statements),
        databases=urls,
        notes=tuple(map(str, graph.notes)),
    )


def _interrupted(found: "Examination") -> Iterator[Problem]:
    step = found.open_step
    if step is None:
        if found.journal:
            left = f"The journal {found.journal} was left behind empty."
            yield Problem("Journal", left, "The next run drops it.")
        return
    verb = f"run the same `{step.direction}` again, or `resume`"
    remedies = [f"To continue: {verb}; what is in effect is not done again."]
    if step.in_flight is not None and found.in_flight == "unknown":
        remedies.append(_UNTOLD)
    elif step.in_flight is not None:
        remedies.append(
            f"The statement in flight is {'' if found.in_flight == 'applied' else 'not '}in effect."
        )
    remedies += [
        "To leave everything as it is and forget the run: `abandon`.",
        "After finishing or undoing it by hand: `stamp`.",
    ]
    yield Problem("Interrupted", standing(step), "\n".join(remedies))


def _of_rows(found: "Examination", graph: RevisionGraph) -> Iterator[Problem]:
    unknown = [row for row in found.rows if row not in graph]
    for row in unknown:
        try:
            check_rows(graph, [row])
        except MigrateError as error:
            yield Problem.of(error)
    twice = [row for row, count in Counter(found.rows).items() if count > 1]
    if twice:
        yield Problem("Rows", f"{found.version_table} has {', '.join(twice)} more than once.", REWRITE)
    existing = {row for row in found.rows if row in graph}
    implied = sorted(existing - set(graph.tips(existing)))
    if implied:
        what = f"{found.version_table} has {', '.join(implied)}, which another of its rows implies."
        yield Problem("Rows", what, f"The next run puts that right; or {REWRITE}")


def _of_width(found: "Examination", graph: RevisionGraph) -> Iterator[Problem]:
    longest = max((id_ for id_ in graph.names if id_ in graph), key=len, default="")
    if found.width is not None and len(longest) > found.width:
        yield Problem(
            "Width",
            f"{found.version_table} holds ids of {found.width} characters, and {longest} has {len(longest)}.",
            "PostgreSQL, MariaDB and MySQL: the run that needs it makes it wider. Elsewhere make it so by hand.",
        )
