"""What env.py may make of a new revision before its file is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbmigrate.config import mask_url
from nbmigrate.errors import (
    MigrateError,
    NoRevisionError,
    NothingMigratedError,
    ScriptError,
    UsageError,
)
from nbmigrate.project import Project
from nbmigrate.scripts.writing.body import Body

if TYPE_CHECKING:
    from nbmigrate.environment.alembic.migration_script import MigrationScript
    from nbmigrate.environment.migration_context import MigrationContext

Process = Callable[[Any, Any, list[Any]], None]


def runs_env(project: Project, *, sql: bool) -> bool:
    """Return whether env.py runs for new revisions.

    Raises
    ------
    UsageError
        `sql` is asked for, and it does not.
    """
    runs = project.runs_env
    if sql and not runs:
        raise UsageError(
            "Using --sql with the revision command when revision_environment is not configured does not make "
            "any sense",
            "Write the revision without --sql; `upgrade --sql` prints what it will do.",
        )
    return runs


def template_arguments(project: Project) -> Mapping[str, Any]:
    """Return what env.py has for the template of new files, where it runs for them."""
    if not project.runs_env:
        return {}
    return _variables(project, lambda context: None, sql=False)


def _variables(
    project: Project, action: "Callable[[MigrationContext], None]", *, sql: bool
) -> Mapping[str, Any]:
    """Run env.py, with an action where it calls `run_migrations()`; return what it has for the template."""
    from nbmigrate.environment.offline_context import Offline

    def act(context: "MigrationContext") -> Mapping[str, Any]:
        action(context)
        return context.opts

    try:
        found = project.connect(act, offline=Offline() if sql else None)
    except NothingMigratedError as nothing:
        # It may only say what the template gets.
        found = nothing.options
    return dict(found.get("template_args") or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRequest:
    """A new revision as it was asked for; the fields are the arguments of `revision`.

    Parameters
    ----------
    cell
        What its file remembers of the message and body; None where it remembers nothing.
    """

    rev_id: str | None
    message: str | None
    body: Body | None
    head: str | None
    splice: bool
    branch_label: tuple[str, ...]
    depends_on: tuple[str, ...]
    version_path: Path | str | None
    cell: str | None = None


def run_hooks(
    project: Project, request: RevisionRequest, process: Process | None, *, sql: bool
) -> tuple[Mapping[str, Any], tuple[RevisionRequest, ...]]:
    """Run env.py, and return what it has for the template, and what it makes of a revision: one, or several.

    Parameters
    ----------
    request
        The revision as requested.
    process
        A `process_revision_directives` of the caller's own, called before env.py's.
    sql
        Whether env.py runs offline.

    Raises
    ------
    NoRevisionError
        It leaves none.
    """
    directives = [_directive(request, request.rev_id or project.new_id())]

    def act(context: "MigrationContext") -> None:
        for hook in (process, context.opts.get("process_revision_directives")):
            if hook is not None and directives:
                _call(hook, context, directives)

    variables = _variables(project, act, sql=sql)
    if not directives:
        raise NoRevisionError(
            "No file was written: process_revision_directives of env.py left no revision.",
            "It may do so only where `config.cmd_opts.autogenerate` is set.",
        )
    return variables, tuple(_request_of(directive, request) for directive in directives)


def _call(hook: Process, context: "MigrationContext", directives: list[Any]) -> None:
    try:
        hook(context, context.get_current_heads(), directives)
    except MigrateError:
        raise
    except Exception as error:
        raise ScriptError(
            mask_url(f"process_revision_directives of env.py failed: {type(error).__name__}: {error}"),
            "It is called before a new revision is written; nothing was.",
        ) from error


def _directive(request: RevisionRequest, id_: str) -> "MigrationScript":
    from nbmigrate.environment.alembic.migration_script import DowngradeOps, MigrationScript, UpgradeOps

    return MigrationScript(
        id_,
        UpgradeOps(),
        DowngradeOps(),
        message=request.message,
        head=request.head or "head",
        splice=request.splice,
        branch_label=list(request.branch_label) or None,
        version_path=None if request.version_path is None else str(request.version_path),
        depends_on=list(request.depends_on) or None,
    )


def _request_of(script: "MigrationScript", request: RevisionRequest) -> RevisionRequest:
    head = script.head if isinstance(script.head, str) else ",".join(script.head or ())
    return RevisionRequest(
        rev_id=script.rev_id,
        message=script.message,
        body=_body_of(script) or request.body,
        head=head or None,
        splice=bool(script.splice),
        branch_label=_several(script.branch_label),
        depends_on=_several(script.depends_on),
        version_path=script.version_path,
        cell=request.cell,
    )


def _several(names: Any) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names or ())


def _body_of(script: "MigrationScript") -> Body | None:
    """Return the operations that were put into a revision as the body of its file; None where there are none."""
    if script.upgrade_ops.is_empty() and script.downgrade_ops.is_empty():
        return None
    # Only what is to be written needs the operations.
    from nbmigrate.operations.reverse import render_body

    upgrade = render_body(script.upgrade_ops.operations())
    downgrade = render_body(script.downgrade_ops.operations())
    imports = dict.fromkeys((*upgrade.imports, *downgrade.imports, *sorted(script.imports)))
    return Body(tuple(imports), None, upgrade.text, downgrade.text)
