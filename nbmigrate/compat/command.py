"""Alembic's commands as functions of a Config: each prints what Alembic's prints, where `config.stdout` says."""

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from nbmigrate import commands
from nbmigrate.commands.files.edit import open_editor, paths_of
from nbmigrate.commands.files.revision_file import RevisionsResult
from nbmigrate.commands.results.result import Result
from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.alembic.script import Script
from nbmigrate.environment.alembic.script_directory import AlembicScripts
from nbmigrate.errors import NoRevisionError, NothingMigratedError, UnsupportedOperationError
from nbmigrate.project import Project
from nbmigrate.scripts.new_project.templates import templates_in

__all__ = [
    "branches",
    "check",
    "current",
    "downgrade",
    "edit",
    "ensure_version",
    "heads",
    "history",
    "init",
    "list_templates",
    "merge",
    "revision",
    "show",
    "stamp",
    "upgrade",
]


def upgrade(config: AlembicConfig, revision: str, sql: bool = False, tag: str | None = None) -> None:
    """Apply the revisions up to one, or write them as SQL."""
    with suppress(NothingMigratedError):
        run = commands.upgrade_sql if sql else commands.upgrade
        _written(config, run(_project(config), revision, tag=tag), sql=sql)


def downgrade(config: AlembicConfig, revision: str, sql: bool = False, tag: str | None = None) -> None:
    """Undo the revisions down to one, or write that as SQL."""
    with suppress(NothingMigratedError):
        run = commands.downgrade_sql if sql else commands.downgrade
        _written(config, run(_project(config), revision, tag=tag), sql=sql)


def stamp(
    config: AlembicConfig,
    revision: str | Sequence[str],
    sql: bool = False,
    tag: str | None = None,
    purge: bool = False,
) -> None:
    """Say in the version table where the database stands, without running a revision."""
    with suppress(NothingMigratedError):
        # For Alembic no revision is the base.
        run = commands.stamp_sql if sql else commands.stamp
        result = run(_project(config), revision or "base", tag=tag, purge=purge)
        _written(config, result, sql=sql)


def ensure_version(config: AlembicConfig, sql: bool = False) -> None:
    """Make the version table if there is none."""
    with suppress(NothingMigratedError):
        run = commands.ensure_version_sql if sql else commands.ensure_version
        _written(config, run(_project(config)), sql=sql)


def current(config: AlembicConfig, check_heads: bool = False, verbose: bool = False) -> None:
    """Print where the database stands."""
    with suppress(NothingMigratedError):
        _printed(config, commands.current(_project(config), verbose=verbose, check_heads=check_heads))


def heads(config: AlembicConfig, verbose: bool = False, resolve_dependencies: bool = False) -> None:
    """Print the heads of the revision files."""
    result = commands.heads(_project(config), verbose=verbose, resolve_dependencies=resolve_dependencies)
    _printed(config, result)


def history(
    config: AlembicConfig,
    rev_range: str | None = None,
    verbose: bool = False,
    indicate_current: bool = False,
) -> None:
    """Print the revisions, newest first."""
    result = commands.history(
        _project(config), rev_range=rev_range, verbose=verbose, indicate_current=indicate_current
    )
    _printed(config, result)


def branches(config: AlembicConfig, verbose: bool = False) -> None:
    """Print the branch points."""
    _printed(config, commands.branches(_project(config), verbose=verbose))


def show(config: AlembicConfig, rev: str) -> None:
    """Print everything about a revision but its source."""
    if text := commands.show(_project(config), rev).headings:
        config.print_stdout(text)


def edit(config: AlembicConfig, rev: str) -> None:
    """Open the file of a revision in an editor."""
    open_editor(paths_of(_project(config), rev))


def revision(
    config: AlembicConfig,
    message: str | None = None,
    autogenerate: bool = False,
    sql: bool = False,
    head: str = "head",
    splice: bool = False,
    branch_label: str | Sequence[str] | None = None,
    version_path: str | os.PathLike[str] | None = None,
    rev_id: str | None = None,
    depends_on: str | Sequence[str] | None = None,
    process_revision_directives: Callable[[Any, Any, list[Any]], None] | None = None,
) -> Script | list[Script | None] | None:
    """Write a new revision file and return the revision; None where `process_revision_directives` leaves none.

    Where that makes several of it, they are returned in a list.

    Raises
    ------
    UnsupportedOperationError
        `autogenerate` is asked for, which nbmigrate does not do.
    """
    if autogenerate:
        _compares_nothing("command.revision(autogenerate=True)", "alembic revision --autogenerate")
    project = _project(config)
    try:
        result = commands.revision(
            project,
            message,
            head=head,
            splice=splice,
            branch_label=_several(branch_label),
            version_path=None if version_path is None else os.fspath(version_path),
            rev_id=rev_id,
            depends_on=_several(depends_on),
            sql=sql,
            process=process_revision_directives,
        )
    except NoRevisionError:
        return None
    _print_status(config, result)
    scripts = AlembicScripts.of(project.scripts, config)
    if isinstance(result, RevisionsResult):
        return [scripts.get_revision(written.revision.id) for written in result.files]
    return scripts.get_revision(result.revision.id)


def merge(
    config: AlembicConfig,
    revisions: str | Sequence[str],
    message: str | None = None,
    branch_label: str | Sequence[str] | None = None,
    rev_id: str | None = None,
    splice: bool = False,
) -> Script | None:
    """Write a revision that joins others, and return it."""
    project = _project(config)
    result = commands.merge(
        project,
        _several(revisions),
        message,
        branch_label=_several(branch_label),
        rev_id=rev_id,
        splice=splice,
    )
    _print_status(config, result)
    return AlembicScripts.of(project.scripts, config).get_revision(result.revision.id)


def check(config: AlembicConfig) -> NoReturn:
    """Refuse: nbmigrate compares no models with the database.

    Raises
    ------
    UnsupportedOperationError
        Always.
    """
    del config
    _compares_nothing("command.check()", "alembic check")


def init(config: AlembicConfig, directory: str, template: str = "generic", package: bool = False) -> None:
    """Make a project that the alembic command runs too."""
    ini, toml = (Path(name) if name else None for name in (config.config_file_name, config.toml_file_name))
    made = commands.init(
        directory,
        template=template,
        ini=ini or toml,
        toml=toml,
        package=package,
        templates=templates_in(Path(config.get_template_directory())),
    )
    _printed(config, made)


def list_templates(config: AlembicConfig) -> None:
    """Print the templates that `init` takes."""
    _printed(config, commands.list_templates(templates_in(Path(config.get_template_directory()))))


def _project(config: AlembicConfig) -> Project:
    project = Project(config.settings, alembic_config=config)
    # What a program's runs load of its own they load once, as long as it uses one Config.
    project.__dict__["modules"] = vars(config).setdefault("_modules", project.modules)
    return project


def _written(config: AlembicConfig, result: Result, *, sql: bool) -> None:
    """Print a script, and nothing of a run, which Alembic logs."""
    if sql:
        buffer = config.output_buffer if config.output_buffer is not None else config.stdout
        buffer.write(str(result) + "\n")


def _printed(config: AlembicConfig, result: Result) -> None:
    if text := str(result):
        config.print_stdout(text)


def _print_status(config: AlembicConfig, result: Result) -> None:
    """Print what is being done: as in Alembic not where `config.stdout` says, which is for what was asked for."""
    if not getattr(config.cmd_opts, "quiet", False):
        sys.stdout.write(f"{result}\n")


def _several(names: str | Sequence[str] | None) -> tuple[str, ...]:
    if names is None:
        return ()
    return (names,) if isinstance(names, str) else tuple(names)


def _compares_nothing(what: str, program: str) -> NoReturn:
    raise UnsupportedOperationError(
        f"{what} is not provided: nbmigrate does not compare the models with the database.",
        f"Run `{program}` in a terminal, with the alembic package, which needs an env.py that imports context from "
        "alembic; what it writes is run here like every other revision.",
    )
