"""What a revision's functions do, in sentences and as SQL, found without doing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.commands.results import html
from nbmigrate.errors import MigrateError, TrialStoppedError
from nbmigrate.graph.plan import Direction
from nbmigrate.graph.revision import Revision
from nbmigrate.scripts.directory import ScriptDirectory

if TYPE_CHECKING:
    from nbmigrate.database.dry_run.rehearsal import Rehearsal
    from nbmigrate.environment.alembic.config import AlembicConfig
    from nbmigrate.environment.effects.trials import Trials
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.operations import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
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


def plan_effects(
    context: "MigrationContext",
    revision: Revision,
    direction: Direction,
    *,
    heads: tuple[str, ...] = (),
    target: str | None = None,
    rehearsal: "Rehearsal | None" = None,
    no_run: bool = False,
    trials: "Trials | None" = None,
) -> Effects:
    """Return what `upgrade()` or `downgrade()` of a revision does; see `environment.effects.statements`."""
    from nbmigrate.environment.effects.statements import plan_revision

    found = plan_revision(
        context,
        revision,
        direction,
        heads=heads,
        target=target,
        rehearsal=rehearsal,
        no_run=no_run,
        trials=trials,
    )
    is_complete = bool(found.operations) or not found.problem
    return Effects(
        operations=found.operations,
        sentences=_sentences(found.operations, revision, direction) if is_complete else (),
        statements=found.statements,
        problem=found.problem,
    )


def read_effects(
    scripts: ScriptDirectory,
    config: "AlembicConfig",
    revision: Revision,
    direction: Direction,
    *,
    no_run: bool = False,
) -> Effects:
    """Return what `upgrade()` or `downgrade()` of a revision does where no database is known, so without SQL.

    Parameters
    ----------
    scripts, config
        What the revision finds as `context.script` and `context.config`.
    no_run
        Whether the operations are read from the source, so that nothing of the file runs.
    """
    from nbmigrate.environment.effects.recording import record_step
    from nbmigrate.environment.effects.source import read_step, rest_of_source

    problem = ""
    try:
        if no_run:
            found = read_step(scripts, revision, direction)
            operations, problem = found.operations, found.problem
        else:
            operations = record_step(scripts, config, revision, direction)
    except TrialStoppedError as error:
        rest, problem = rest_of_source(scripts, revision, direction, error)
        operations = (*error.operations, *rest)
    except MigrateError as error:
        return Effects(problem=str(error))
    is_complete = bool(operations) or not problem
    return Effects(
        operations=operations,
        sentences=_sentences(operations, revision, direction) if is_complete else (),
        problem=problem,
    )


def _sentences(
    operations: "tuple[Operation, ...]", revision: Revision, direction: Direction
) -> tuple[str, ...]:
    return tuple(operation.describe() for operation in operations) or merge_sentence(revision, direction)


def merge_sentence(revision: Revision, direction: Direction) -> tuple[str, ...]:
    """Return what a merge without operations does, in a sentence; none for any other revision."""
    if len(revision.down_revisions) < 2:
        return ()
    *most, last = revision.down_revisions
    verb = "Joins" if direction == "upgrade" else "Parts"
    return (f"{verb} {', '.join(most)} and {last}, changes no table.",)


def source_of(scripts: ScriptDirectory, revision: Revision) -> tuple[str, str]:
    """Return the text of a revision's file, and why it cannot be read."""
    try:
        return scripts.source(revision), ""
    except MigrateError as error:
        return "", str(error)


def effects_html(effects: Effects, warnings: Sequence[str] = ()) -> str:
    """Return what a function does: in sentences, what to be warned of, then as SQL that is folded."""
    sentences = "".join(f"<li>{html.lines(sentence)}</li>" for sentence in effects.sentences)
    content = f"<ul>{sentences}</ul>" if sentences else ""
    for text in filter(None, (effects.problem, *warnings)):
        content += f'<div class="nbm-note">{html.lines(text)}</div>'
    if effects.statements:
        count = len(effects.statements)
        title = f"SQL: {count} statement{'' if count == 1 else 's'}"
        content += html.details(title, html.code(effects.sql, "sql"))
    return content


def effects_text(effects: Effects, warnings: Sequence[str] = ()) -> str:
    """Return what a function does: the sentences, what to be warned of, the SQL, what cannot be said."""
    return "\n".join(part for part in (*effects.sentences, *warnings, effects.sql, effects.problem) if part)
