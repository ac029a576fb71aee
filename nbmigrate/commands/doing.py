"""What a revision's functions do, in sentences and as SQL, found without doing it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbmigrate.commands import html
from nbmigrate.errors import MigrateError
from nbmigrate.graph.plan import Direction
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.directory import ScriptDirectory

if TYPE_CHECKING:
    import sqlalchemy as sa

    from nbmigrate.database.rehearsal import Rehearsal
    from nbmigrate.environment.alembic_config import AlembicConfig
    from nbmigrate.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """What one function of a revision does.

    Parameters
    ----------
    operations
        Its operations, in order.
    sentences
        What each does, in words.
    statements
        The SQL that this database gets for them, as a run reports it; none where no database is known.
    problem
        Why not all of this can be said without running it; empty where all is said.
    """

    operations: "tuple[Operation, ...]" = ()
    sentences: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    problem: str = ""

    @property
    def sql(self) -> str:
        """The statements as one text."""
        return "\n".join(f"{statement};" for statement in self.statements)


def find_doing(
    scripts: ScriptDirectory,
    config: "AlembicConfig",
    revision: Revision,
    direction: Direction,
    *,
    dialect: "sa.Dialect | None" = None,
    arguments: Mapping[str, Any] | None = None,
    target: str | None = None,
    naming_convention: Mapping[str, Any] | None = None,
    rehearsal: "Rehearsal | None" = None,
) -> Doing:
    """Return what `upgrade()` or `downgrade()` of a revision does; what cannot be said is a problem, not an error.

    Parameters
    ----------
    scripts, config
        What the revision finds as `context.script` and `context.config`.
    dialect
        The database's, for the SQL.
    arguments
        Given to the function by name.
    target
        What the run would be given, for `context.get_revision_argument()`.
    naming_convention
        That of env.py's target_metadata.
    rehearsal
        The database, as the steps before leave it; without one, what depends on it is not said.
    """
    from nbmigrate.environment.recording import record_step

    try:
        operations = record_step(
            scripts,
            config,
            revision,
            direction,
            arguments=arguments,
            target=target,
            naming_convention=naming_convention,
        )
    except MigrateError as error:
        return Doing(problem=str(error))
    sentences = tuple(operation.describe() for operation in operations) or merge_sentence(revision, direction)
    if dialect is None:
        return Doing(operations=operations, sentences=sentences)
    statements, problem = _statements(operations, dialect, rehearsal)
    return Doing(operations=operations, sentences=sentences, statements=statements, problem=problem)


def merge_sentence(revision: Revision, direction: Direction) -> tuple[str, ...]:
    """Return what a merge without operations does, in a sentence; none for any other revision."""
    if len(revision.down_revisions) < 2:
        return ()
    *most, last = revision.down_revisions
    verb = "Joins" if direction == "upgrade" else "Parts"
    return (f"{verb} {', '.join(most)} and {last}, changes no table.",)


def _statements(
    operations: "tuple[Operation, ...]", dialect: "sa.Dialect", rehearsal: "Rehearsal | None"
) -> tuple[tuple[str, ...], str]:
    """Return the SQL of operations, up to the first that the database has none for, and why it has not."""
    from nbmigrate.database.statement_text import capped
    from nbmigrate.dialects import statements

    found: list[str] = []
    try:
        if rehearsal is not None:
            found += (capped(statement.text) for statement in rehearsal.statements(operations))
        else:
            for operation in operations:
                found += (capped(statement.text) for statement in statements(operation, dialect))
    except MigrateError as error:
        return tuple(found), str(error)
    except Exception as error:
        # The types and elements of a project compile by its own code.
        return tuple(found), f"{type(error).__name__}: {error}"
    return tuple(found), ""


def source_of(scripts: ScriptDirectory, revision: Revision) -> tuple[str, str]:
    """Return the text of a revision's file, and why it cannot be read."""
    try:
        return scripts.source(revision), ""
    except MigrateError as error:
        return "", str(error)


def doing_html(doing: Doing, warnings: Sequence[str] = ()) -> str:
    """Return what a function does: in sentences, what to be warned of, then as SQL that is folded."""
    sentences = "".join(f"<li>{html.lines(sentence)}</li>" for sentence in doing.sentences)
    content = f"<ul>{sentences}</ul>" if sentences else ""
    for text in filter(None, (doing.problem, *warnings)):
        content += f'<div class="nbm-note">{html.lines(text)}</div>'
    if doing.statements:
        count = len(doing.statements)
        title = f"SQL: {count} statement{'' if count == 1 else 's'}"
        content += html.details(title, html.code(doing.sql, "sql"))
    return content


def doing_text(doing: Doing, warnings: Sequence[str] = ()) -> str:
    """Return what a function does: the sentences, what cannot be said, what to be warned of, the SQL."""
    return "\n".join(part for part in (*doing.sentences, doing.problem, *warnings, doing.sql) if part)
