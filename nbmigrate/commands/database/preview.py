"""`preview`: what a run would do, said before it is done."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from nbmigrate.commands.database.interrupted import planned
from nbmigrate.commands.database.sql_script import check_dialect, split_range
from nbmigrate.commands.history.effects import Effects, effects_html, effects_text, plan_effects, source_of
from nbmigrate.commands.history.position import positions
from nbmigrate.commands.results import html
from nbmigrate.commands.results.per_database import for_each, per_database
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.errors import MigrateError, UsageError, nearest
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, Step, plan_downgrade, plan_upgrade
from nbmigrate.graph.position import current_heads
from nbmigrate.graph.relative import parse_relative
from nbmigrate.graph.target import resolve, walk
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.dry_run.losses import Loss
    from nbmigrate.database.dry_run.rehearsal import Rehearsal
    from nbmigrate.environment.effects.trials import Trials
    from nbmigrate.environment.migration_context import MigrationContext


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPreview(Effects):
    """A step and what it does.

    Parameters
    ----------
    source
        That of its file, where there is a problem.
    losses
        What it would take from the database as it is now, and no earlier step has taken.
    affected
        What would become of views and triggers, as sentences.
    """

    step: Step
    source: str = ""
    losses: "tuple[Loss, ...]" = ()
    affected: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What it loses and affects, as sentences."""
        return (*(loss.describe() for loss in self.losses), *self.affected)


@dataclass(frozen=True, kw_only=True, repr=False)
class PreviewResult(Result):
    """The steps that a run would do, each with what it would lose; nothing was done."""

    summed: ClassVar[tuple[str, ...]] = ("steps", "losses", "affected", "sql")

    plan: Plan
    steps: tuple[StepPreview, ...]

    @property
    def losses(self) -> "tuple[Loss, ...]":
        """What the steps would lose, in their order."""
        return tuple(loss for step in self.steps for loss in step.losses)

    @property
    def affected(self) -> tuple[str, ...]:
        """What would become of views and triggers, as sentences."""
        return tuple(text for step in self.steps for text in step.affected)

    def rows(self) -> list[Row]:
        """Return one record per step."""
        return [
            {
                "step": number,
                "from": ", ".join(preview.step.source),
                "to": ", ".join(preview.step.destination),
                "message": preview.step.revision.message,
                "does": " ".join(preview.sentences),
                "loses": " ".join(loss.describe() for loss in preview.losses),
                "statements": len(preview.statements),
                "problem": preview.problem,
            }
            for number, preview in enumerate(self.steps, 1)
        ]

    @property
    def sql(self) -> str:
        """Every statement that would run, in order, but for those of the version table."""
        return "\n\n".join(preview.sql for preview in self.steps if preview.statements)

    def to_text(self) -> str:
        """Return each step with what it does and the SQL for it."""
        return "\n\n".join(self._step_text(row, preview) for row, preview in self._pairs())

    def to_html(self) -> str:
        """Return a table of the steps, with what each does and the SQL folded under it."""
        records = [
            {"from": row["from"] or "base", "to": row["to"] or "base", "what": _html(row, preview)}
            for row, preview in self._pairs()
        ]
        return html.table(records, code=("from", "to"), raw=("what",))

    def _pairs(self) -> list[tuple[Row, StepPreview]]:
        return list(zip(self.rows(), self.steps, strict=True))

    def _step_text(self, row: Row, preview: StepPreview) -> str:
        title = f"Would run {self.plan.direction} {row['from']} -> {row['to']}, {row['message']}"
        return f"{title}\n{textwrap.indent(effects_text(preview, preview.warnings), '  ')}".rstrip()


def _html(row: Row, preview: StepPreview) -> str:
    content = html.lines(row["message"]) + effects_html(preview, preview.warnings)
    if preview.source:
        content += html.details("Source", html.code(preview.source, "python"))
    return content


def preview(
    project: Project,
    direction: str,
    target: str | None = None,
    *,
    dialect: str | None = None,
    no_run: bool | None = None,
    trials: "Trials | None" = None,
) -> PreviewResult:
    """Return what `upgrade` or `downgrade` to a target would do, without doing it.

    The functions of the revisions are tried out, which tells their operations; the database is only read, to say where
    it stands, what it has and how many rows would be lost.

    A function that is about to write a file, start a process or open a connection is stopped before that; the step says
    so, and the rest is read from its source. This protects from surprise and is no sandbox.

    Parameters
    ----------
    direction
        "upgrade" or "downgrade"; or "a:b" alone, for the way from a to b.
    target
        What that command would be given. "a:b" goes from a to b, wherever the database stands.
    dialect
        The name of a dialect, such as "postgresql", for its SQL instead of the database's.
    no_run
        Whether the operations are read from the sources of the revisions, so that nothing of these runs; None for what
        the setting `describe` says.
    trials
        What was found before, so that no content of a file runs twice.

    Raises
    ------
    ConfigError
        The setting is not valid.
    TargetError
        `target` does not say where to go from here.
    UsageError
        There is no such direction or dialect.
    """
    graph = project.graph
    from_source = project.config.describes_from_source() if no_run is None else no_run
    options = replace(_PreviewOptions.of(graph, direction, target), no_run=from_source, trials=trials)
    if dialect is None:
        found = for_each(project, lambda context: _preview(graph, context, options), target=options.target)
        return per_database(found, _origin(found, options))
    from nbmigrate.environment.offline_context import Offline

    check_dialect(dialect)
    starting, notes = (options.starting, ()) if options.starting else _standing(project)
    offline = Offline(starting, dialect=dialect)
    found = for_each(
        project, lambda context: _on_paper(graph, context, options), target=options.target, offline=offline
    )
    found = [(url, replace(result, notes=(*result.notes, *notes))) for url, result in found]
    return per_database(found, _origin(found, options))


def _origin(found: Sequence[tuple[str, PreviewResult]], options: "_PreviewOptions") -> tuple[str, ...]:
    """Return a note where the steps were read from the sources."""
    is_read = options.no_run and any(result.steps for _, result in found)
    return ("Read from the source; no revision was run.",) if is_read else ()


def check_direction(direction: str) -> None:
    """Make sure that a word is "upgrade" or "downgrade".

    Raises
    ------
    UsageError
        It is not; the nearest is named.
    """
    if direction not in ("upgrade", "downgrade"):
        meant = nearest(direction, ("upgrade", "downgrade"))
        raise UsageError(
            f"There is no direction {direction!r}.",
            f"Did you mean {meant!r}?" if meant else "Write upgrade or downgrade, then the target.",
        )


@dataclass(frozen=True, slots=True)
class _PreviewOptions:
    """From where to where.

    Parameters
    ----------
    direction
        "upgrade", "downgrade", or empty where the ends say which.
    starting
        Where from; None for where the database stands.
    target
        Where to.
    no_run
        Whether nothing of the revisions on it runs.
    trials
        What was found of them before.
    """

    direction: str
    starting: str | None
    target: str
    no_run: bool = False
    trials: "Trials | None" = None

    @classmethod
    def of(cls, graph: RevisionGraph, direction: str, target: str | None) -> "_PreviewOptions":
        """Return what words say."""
        if target is None and ":" in direction:
            direction, target = "", direction
        check_direction(direction or "upgrade")
        if target is None:
            raise UsageError(
                f"Where the {direction} goes to is missing.",
                f"Write {direction} {'head' if direction == 'upgrade' else '-1'}, say.",
            )
        if target in graph or ":" not in target:
            return cls(direction, None, target)
        starting, end = split_range(target)
        return cls(direction, starting or "base", end)

    def plan(self, graph: RevisionGraph, heads: Sequence[str]) -> Plan:
        """Return the plan from `heads`."""
        direction = self.direction or _direction(graph, heads, self.target)
        return (plan_upgrade if direction == "upgrade" else plan_downgrade)(graph, heads, self.target)


def _direction(graph: RevisionGraph, heads: Sequence[str], target: str) -> str:
    """Return which way a target lies: down where all of it is applied already."""
    relative = parse_relative(target)
    if relative is not None and relative.symbol is None:
        return "upgrade" if relative.offset > 0 else "downgrade"
    ends = {end} if relative and (end := walk(graph, relative)) else set(resolve(graph, target))
    return "downgrade" if ends != set(heads) and ends <= graph.ancestors(heads) else "upgrade"


def _standing(project: Project) -> tuple[Sequence[str], tuple[str, ...]]:
    """Return where the database stands, and a note where that is not known."""
    try:
        found = {frozenset(heads) for _, heads in positions(project)}
    except MigrateError as error:
        return (), (f"This begins at base, since the database's position is unknown: {error.message}",)
    if len(found) > 1:
        raise UsageError(
            "The databases do not stand at the same place, so that there is no one way from there.",
            "Write from where to where: A:B.",
        )
    return sorted(next(iter(found), ())), ()


def _preview(graph: RevisionGraph, context: "MigrationContext", options: _PreviewOptions) -> PreviewResult:
    from nbmigrate.database.dry_run.losses import losses_of_steps
    from nbmigrate.database.dry_run.rehearsal import rehearsing
    from nbmigrate.database.tables.dependents import affected_by_steps
    from nbmigrate.environment.offline_context import starting_heads

    here = context.get_current_heads()
    heads = here if options.starting in (None, "current") else starting_heads(graph, options.starting)
    plan = options.plan(graph, heads)
    if set(heads) != set(here):
        position = ", ".join(current_heads(graph, here)) or "base"
        note = f"The database is at {position}, so what depends on its tables, and what would be lost, is not shown."
        steps = tuple(_step(context, step, options) for step in plan.steps)
        return PreviewResult(plan=plan, steps=steps, notes=(*_nothing(graph, plan, options), note))
    with rehearsing(context.connection) as rehearsal:
        steps = tuple(_step(context, step, options, rehearsal) for step in plan.steps)
    operations = [step.operations for step in steps]
    lost = losses_of_steps(context.connection, operations)
    affected = affected_by_steps(context.connection, operations)
    steps = tuple(
        replace(step, losses=losses, affected=texts)
        for step, losses, texts in zip(steps, lost, affected, strict=True)
    )
    interrupted = context.open_step()
    notes = [] if interrupted is None else [planned(interrupted, plan)]
    losing = [step.step.revision.id for step in steps if step.losses]
    if len(steps) > 1 and losing:
        notes.append(
            f"Data would be lost: see revision{'' if len(losing) == 1 else 's'} {', '.join(losing)}."
        )
    return PreviewResult(plan=plan, steps=steps, notes=(*notes, *_nothing(graph, plan, options)))


def _on_paper(graph: RevisionGraph, context: "MigrationContext", options: _PreviewOptions) -> PreviewResult:
    """Return the preview for a database that is only named."""
    plan = options.plan(graph, context.get_current_heads())
    steps = tuple(_step(context, step, options) for step in plan.steps)
    return PreviewResult(plan=plan, steps=steps, notes=_nothing(graph, plan, options))


def _nothing(graph: RevisionGraph, plan: Plan, options: _PreviewOptions) -> tuple[str, ...]:
    """Return a note for a plan without steps."""
    if plan.steps:
        return ()
    start = ", ".join(current_heads(graph, plan.start)) or "base"
    if options.starting:
        return (f"Nothing to {plan.direction} from {start} to {options.target}.",)
    return (f"Nothing to {plan.direction}: the database is at {start}.",)


def _step(
    context: "MigrationContext", step: Step, options: _PreviewOptions, rehearsal: "Rehearsal | None" = None
) -> StepPreview:
    found = plan_effects(
        context,
        step.revision,
        step.direction,
        heads=step.heads_before,
        target=options.target,
        rehearsal=rehearsal,
        no_run=options.no_run,
        trials=options.trials,
    )
    return StepPreview(
        step=step,
        source=source_of(context.script, step.revision)[0] if found.problem else "",
        operations=found.operations,
        sentences=found.sentences,
        statements=found.statements,
        problem=found.problem,
    )
