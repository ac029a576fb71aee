"""`preview`: what a run would do, said before it is done."""

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbmigrate.commands import html
from nbmigrate.commands.databases import EachDatabase, for_each, told_of_each
from nbmigrate.commands.doing import Doing, doing_html, doing_text, find_doing, source_of
from nbmigrate.commands.halfway import planned
from nbmigrate.commands.result import Result, Row
from nbmigrate.errors import UsageError, nearest
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan, Step, plan_downgrade, plan_upgrade
from nbmigrate.graph.position import current_heads
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.database.loss import Loss
    from nbmigrate.database.rehearsal import Rehearsal
    from nbmigrate.environment.migration_context import MigrationContext


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPreview(Doing):
    """A step and what it does; `source` is that of its file, where there is a problem."""

    step: Step
    source: str = ""


@dataclass(frozen=True, kw_only=True, repr=False)
class PreviewResult(Result):
    """The steps that a run would do, and what would be lost; nothing was done.

    `affected` is what would become of views and triggers, as sentences.
    """

    plan: Plan
    steps: tuple[StepPreview, ...]
    losses: "tuple[Loss, ...]" = ()
    affected: tuple[str, ...] = ()

    def rows(self) -> list[Row]:
        """Return one record per step."""
        return [
            {
                "step": number,
                "from": ", ".join(preview.step.source),
                "to": ", ".join(preview.step.destination),
                "message": preview.step.revision.message,
                "does": " ".join(preview.sentences),
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
        return f"{title}\n{textwrap.indent(doing_text(preview), '  ')}".rstrip()


@dataclass(frozen=True, kw_only=True, repr=False)
class PreviewsResult(EachDatabase, PreviewResult):
    """What a run would do to several databases, one after the other; `steps`, `losses`, `affected` are those of all."""

    databases: tuple[tuple[str, PreviewResult], ...]


def _html(row: Row, preview: StepPreview) -> str:
    content = html.lines(row["message"]) + doing_html(preview)
    if preview.source:
        content += html.details("Source", html.code(preview.source, "python"))
    return content


def preview(project: Project, direction: str, target: str) -> PreviewResult:
    """Return what `upgrade` or `downgrade` to a target would do, without doing it.

    The functions of the revisions run without a database, which tells their operations; the database is only read, to
    say where it stands and how many rows would be lost.

    Parameters
    ----------
    direction
        "upgrade" or "downgrade".
    target
        What that command would be given.

    Raises
    ------
    TargetError
        `target` does not say where to go from here.
    """
    if direction not in ("upgrade", "downgrade"):
        meant = nearest(direction, ("upgrade", "downgrade"))
        raise UsageError(
            f"There is no direction {direction!r}.",
            f"Write {meant or 'upgrade or downgrade'}, then the target.",
        )
    graph = project.graph
    found = for_each(project, lambda context: _preview(graph, context, direction, target), target=target)
    last = found[-1][1]
    if len(found) == 1:
        return last
    return PreviewsResult(
        plan=last.plan,
        steps=tuple(step for _, result in found for step in result.steps),
        losses=tuple(loss for _, result in found for loss in result.losses),
        affected=tuple(text for _, result in found for text in result.affected),
        databases=tuple(found),
        notes=told_of_each(found),
    )


def _preview(graph: RevisionGraph, context: "MigrationContext", direction: str, target: str) -> PreviewResult:
    from nbmigrate.database.dependents import affected
    from nbmigrate.database.loss import losses
    from nbmigrate.database.rehearsal import rehearsing

    heads = context.get_current_heads()
    plan = (plan_upgrade if direction == "upgrade" else plan_downgrade)(graph, heads, target)
    with rehearsing(context.connection) as rehearsal:
        steps = tuple(_step(context, step, target, rehearsal) for step in plan.steps)
    operations = [operation for step in steps for operation in step.operations]
    lost, sentences = losses(context.connection, operations), affected(context.connection, operations)
    interrupted = context.open_step()
    notes = [] if interrupted is None else [planned(interrupted, plan)]
    notes += [*(loss.describe() for loss in lost), *sentences]
    if not steps:
        notes.append(
            f"Nothing to {direction}: the database is at {', '.join(current_heads(graph, plan.start)) or 'base'}."
        )
    return PreviewResult(plan=plan, steps=steps, losses=lost, affected=sentences, notes=tuple(notes))


def _step(context: "MigrationContext", step: Step, target: str, rehearsal: "Rehearsal") -> StepPreview:
    from nbmigrate.schema import convention_of

    found = find_doing(
        context.script,
        context.config,
        step.revision,
        step.direction,
        dialect=context.dialect,
        arguments=context.run_arguments,
        target=target,
        naming_convention=convention_of(context.opts.get("target_metadata")),
        rehearsal=rehearsal,
    )
    return StepPreview(
        step=step,
        source=source_of(context.script, step.revision)[0] if found.problem else "",
        operations=found.operations,
        sentences=found.sentences,
        statements=found.statements,
        problem=found.problem,
    )
