"""How the project's settings want a run to be: in one transaction or in many, within which limits, and recorded."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import sqlalchemy as sa

from nbmigrate.database.backends import backend_of
from nbmigrate.database.backends.timeouts import UNLIMITED, Limits, duration_of
from nbmigrate.database.transaction import ddl_commits
from nbmigrate.errors import ConfigError

T = TypeVar("T")

#: The ways to cut a run into transactions, and whether a run is one.
TRANSACTIONS = {"per-revision": False, "whole-run": True}
SWITCH = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The settings of a run.

    Parameters
    ----------
    whole
        Whether all revisions of the run are one transaction; else, and wherever DDL commits by itself, each is one.
    limits
        How long PostgreSQL waits.
    recorded
        Whether the run is written into the table of runs.
    """

    whole: bool = False
    limits: Limits = UNLIMITED
    recorded: bool = False


def run_options(
    option: Callable[[str], str | None], dialect: sa.Dialect, per_migration: bool | None = None
) -> RunOptions:
    """Return what the settings say.

    Parameters
    ----------
    option
        Returns a setting by its name; None where it is not there.
    dialect
        The database's.
    per_migration
        What env.py gave to `context.configure()` as transaction_per_migration, which is meant for this database and so
        goes before the setting; None where it did not.

    Raises
    ------
    ConfigError
        A setting has a value that it cannot have, or one that this database cannot do.
    """
    retries = option("postgresql_lock_retries") or str(UNLIMITED.retries)
    if not retries.isdecimal():
        raise ConfigError(
            f"postgresql_lock_retries = {retries} is not a whole number.",
            f"Write one, such as {UNLIMITED.retries}; 0 is not to try again.",
            key="postgresql_lock_retries",
        )
    return RunOptions(
        whole=_is_whole(option("transaction"), dialect, per_migration),
        limits=Limits(
            duration_of("postgresql_lock_timeout", option("postgresql_lock_timeout")),
            duration_of("postgresql_statement_timeout", option("postgresql_statement_timeout")),
            int(retries),
        ),
        recorded=is_recorded(option),
    )


def is_recorded(option: Callable[[str], str | None]) -> bool:
    """Whether runs are recorded: what `record_runs` says."""
    return _one_of("record_runs", option("record_runs"), SWITCH, default=False)


def _is_whole(setting: str | None, dialect: sa.Dialect, per_migration: bool | None) -> bool:
    whole = _one_of("transaction", setting, TRANSACTIONS, default=False)
    commits = ddl_commits(dialect)
    if per_migration is not None:
        # To Alembic too it says nothing where DDL commits.
        return not per_migration and not commits
    if whole and commits:
        name = backend_of(dialect).product(dialect)
        raise ConfigError(
            f"transaction = whole-run is not available on {name}, which commits every DDL statement by itself.",
            "Remove the line: then each revision that succeeded stays, and the others are not started.",
            key="transaction",
        )
    return whole


def _one_of(name: str, text: str | None, values: dict[str, T], default: T) -> T:
    if text is None:
        return default
    if text.strip() not in values:
        raise ConfigError(f"{name} = {text} is not valid.", f"Valid ones: {', '.join(values)}.", key=name)
    return values[text.strip()]
