"""`describe`: everything about one revision, for looking at it before it runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.commands.history.effects import (
    Effects,
    effects_html,
    effects_text,
    plan_effects,
    read_effects,
    source_of,
)
from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import Entry, entries, entries_html
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.errors import MigrateError
from nbmigrate.graph.drawing.marks import Marks
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Direction
from nbmigrate.graph.revision import Revision
from nbmigrate.graph.target import resolve_one
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.environment.effects.trials import Trials
    from nbmigrate.environment.migration_context import MigrationContext


@dataclass(frozen=True, kw_only=True, repr=False)
class RevisionDetail(Result):
    """One revision.

    Parameters
    ----------
    entry
        The revision and what it is in its graph.
    source
        The text of its file; empty where it cannot be read, which the notes say then.
    upgrade, downgrade
        What its functions do.
    applied
        Whether the database has it; None where the database cannot be asked.
    between
        That other revisions stand between it and the tables that its SQL is for; empty where none does.
    from_source
        Whether what its functions do was read from its source; else they were tried out.
    """

    entry: Entry
    source: str
    upgrade: Effects
    downgrade: Effects
    applied: bool | None
    between: str = ""
    from_source: bool = False

    @property
    def origin(self) -> str:
        """How it is known what the functions do, in a sentence."""
        if self.from_source:
            return "Read from the source; nothing of the file was run."
        if self.applied is None:
            return "Tried out without a database."
        return "Tried out; the database was only read."

    def rows(self) -> list[Row]:
        """Return one record per function."""
        return [
            {
                "function": name,
                "does": " ".join(effects.sentences),
                "sql": effects.sql,
                "problem": effects.problem,
            }
            for name, effects in (("upgrade", self.upgrade), ("downgrade", self.downgrade))
        ]

    def to_text(self) -> str:
        """Return Alembic's block of the revision, and what its functions do."""
        parts = [self.entry.block(), f"{self.origin}\n"]
        for name, effects in (("upgrade", self.upgrade), ("downgrade", self.downgrade)):
            parts.append(f"{name}:\n{effects_text(effects) or 'Nothing.'}\n")
        parts += [self.between] if self.between else []
        return "\n".join(parts).rstrip()

    def to_html(self) -> str:
        """Return the revision as a row, what its functions do, and its source, folded."""
        content = entries_html([self.entry]) + html.paragraph(self.origin)
        for name, effects in (("upgrade", self.upgrade), ("downgrade", self.downgrade)):
            content += html.paragraph(f"<b>{name}</b>") + (
                effects_html(effects) or html.paragraph("Nothing.")
            )
        content += html.paragraph(html.lines(self.between)) if self.between else ""
        return content + html.details("Source", html.code(self.source, "python"))


def describe(
    project: Project, rev: str, *, no_run: bool | None = None, trials: "Trials | None" = None
) -> RevisionDetail:
    """Describe a revision, which is tried out or read; the database is only read.

    A revision whose code fails, or is stopped before it writes a file, starts a process or opens a connection, and a
    database that cannot be reached, are said and not raised.

    Parameters
    ----------
    rev
        An id, the start of one, a label, or `head`.
    no_run
        Whether what it does is read from its source, so that nothing of its file runs; None for what the setting
        `describe` says.
    trials
        What was found before, so that no content of a file runs twice.

    Raises
    ------
    ConfigError
        The setting is not valid.
    TargetError
        There is no such revision, or more than one.
    """
    from_source = project.config.describes_from_source() if no_run is None else no_run
    graph = project.graph
    revision = resolve_one(graph, rev)
    marks, between, notes = Marks(), "", []
    try:
        marks, upgrade, downgrade, between = project.connect(
            lambda context: _planned(graph, context, revision, no_run=from_source, trials=trials)
        )
    except MigrateError as error:
        notes.append(f"Whether it is applied is not shown: {error}")
        upgrade, downgrade = _without_database(project, revision, no_run=from_source, trials=trials)
    source, problem = source_of(project.scripts, revision)
    notes += [problem] if problem else []
    return RevisionDetail(
        entry=entries(graph, [revision.id], marks.current)[0],
        source=source,
        upgrade=upgrade,
        downgrade=downgrade,
        applied=None if marks.applied is None else revision.id in marks.applied,
        between=between,
        from_source=from_source,
        notes=tuple(notes),
    )


def _planned(
    graph: RevisionGraph,
    context: "MigrationContext",
    revision: Revision,
    *,
    no_run: bool,
    trials: "Trials | None",
) -> tuple[Marks, Effects, Effects, str]:
    """Return where the database stands, what the functions do to it, and a note where others come in between."""
    from nbmigrate.database.dry_run.rehearsal import rehearsing

    heads = context.get_current_heads()
    marks = Marks.at(graph, heads)
    is_applied = revision.id in (marks.applied or ())
    directions: tuple[Direction, ...] = ("downgrade", "upgrade") if is_applied else ("upgrade", "downgrade")
    # The one that comes next finds the tables as they are, and the other one what that has left.
    with rehearsing(context.connection) as rehearsal:
        found = {
            direction: plan_effects(
                context,
                revision,
                direction,
                heads=heads,
                rehearsal=rehearsal,
                no_run=no_run,
                trials=trials,
            )
            for direction in directions
        }
    return marks, found["upgrade"], found["downgrade"], _between(graph, revision, marks)


def _between(graph: RevisionGraph, revision: Revision, marks: Marks) -> str:
    """Return a note where the tables are not those that a revision will find, or has found."""
    applied = frozenset(marks.applied or ())
    if revision.id in applied:
        others = (graph.descendants([revision.id]) & applied) - {revision.id}
    else:
        others = graph.ancestors([revision.id]) - applied - {revision.id}
    if not others:
        return ""
    which = f"{len(others)} revision{'' if len(others) == 1 else 's'}"
    where = "stand after it" if revision.id in applied else "come before it"
    where = where if len(others) > 1 else where.replace("stand", "stands").replace("come", "comes")
    return f"The SQL is for the tables as they are now: {which} {where}."


def _without_database(
    project: Project, revision: Revision, *, no_run: bool, trials: "Trials | None"
) -> tuple[Effects, Effects]:
    """Return what the functions do as `--sql` writes it; without SQL where env.py does not say for which database."""
    from nbmigrate.environment.alembic.config import AlembicConfig
    from nbmigrate.environment.offline_context import Offline

    try:
        return project.connect(
            lambda context: (
                plan_effects(context, revision, "upgrade", no_run=no_run, trials=trials),
                plan_effects(context, revision, "downgrade", no_run=no_run, trials=trials),
            ),
            offline=Offline(),
        )
    except MigrateError:
        config = AlembicConfig.of(project.config)
        return (
            read_effects(project.scripts, config, revision, "upgrade", no_run=no_run),
            read_effects(project.scripts, config, revision, "downgrade", no_run=no_run),
        )
