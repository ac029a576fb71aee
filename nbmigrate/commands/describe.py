"""`describe`: everything about one revision, for looking at it before it runs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.commands import html
from nbmigrate.commands.doing import Doing, doing_html, doing_text, find_doing, source_of
from nbmigrate.commands.entries import Entry, entries, entries_html
from nbmigrate.commands.result import Result, Row
from nbmigrate.errors import MigrateError
from nbmigrate.graph.marks import Marks
from nbmigrate.graph.target import resolve_one
from nbmigrate.project import Project

if TYPE_CHECKING:
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
    """

    entry: Entry
    source: str
    upgrade: Doing
    downgrade: Doing
    applied: bool | None

    def rows(self) -> list[Row]:
        """Return one record per function."""
        return [
            {
                "function": name,
                "does": " ".join(doing.sentences),
                "sql": doing.sql,
                "problem": doing.problem,
            }
            for name, doing in (("upgrade", self.upgrade), ("downgrade", self.downgrade))
        ]

    def to_text(self) -> str:
        """Return Alembic's block of the revision, and what its functions do."""
        parts = [self.entry.block()]
        for name, doing in (("upgrade", self.upgrade), ("downgrade", self.downgrade)):
            parts.append(f"{name}:\n{doing_text(doing) or 'Nothing.'}\n")
        return "\n".join(parts).rstrip()

    def to_html(self) -> str:
        """Return the revision as a row, what its functions do, and its source, folded."""
        content = entries_html([self.entry])
        for name, doing in (("upgrade", self.upgrade), ("downgrade", self.downgrade)):
            content += html.paragraph(f"<b>{name}</b>") + (doing_html(doing) or html.paragraph("Nothing."))
        return content + html.details("Source", html.code(self.source, "python"))


def describe(project: Project, rev: str) -> RevisionDetail:
    """Return what there is to say of a revision; it is read and run without a database, which is only read.

    A revision whose code fails, and a database that cannot be reached, are said and not raised.

    Parameters
    ----------
    rev
        An id, the start of one, a label, or `head`.

    Raises
    ------
    TargetError
        There is no such revision, or more than one.
    """
    from nbmigrate.database.inspecting import dialect_for
    from nbmigrate.environment.alembic_config import AlembicConfig

    graph = project.graph
    revision = resolve_one(graph, rev)
    found: MigrationContext | None = None
    marks, notes = Marks(), []
    try:
        found, heads = project.connect(lambda context: (context, context.get_current_heads()))
        marks = Marks.at(graph, heads)
    except MigrateError as error:
        notes.append(f"Whether it is applied, and its SQL, are not shown: {error}")
    source, problem = source_of(project.scripts, revision)
    notes += [problem] if problem else []
    upgrade, downgrade = (
        find_doing(
            project.scripts,
            found.config if found is not None else AlembicConfig.of(project.config),
            revision,
            direction,
            dialect=dialect_for(found.connection) if found is not None else None,
            arguments=found.run_arguments if found is not None else None,
        )
        for direction in ("upgrade", "downgrade")
    )
    return RevisionDetail(
        entry=entries(graph, [revision.id], marks.current)[0],
        source=source,
        upgrade=upgrade,
        downgrade=downgrade,
        applied=None if marks.applied is None else revision.id in marks.applied,
        notes=tuple(notes),
    )
