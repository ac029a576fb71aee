"""`--sql`: what env.py gets when its migrations are written as a script instead of run."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.clock import Clock
from nbmigrate.database.backends.inspector import schema_names
from nbmigrate.database.bookkeeping.version_sql import VersionRows
from nbmigrate.database.dry_run.script import write_plan, write_stamp
from nbmigrate.database.dry_run.script_writer import ScriptWriter
from nbmigrate.database.errors import url_text
from nbmigrate.database.events import Listener, RunReport
from nbmigrate.database.execution.stamp import StampReport
from nbmigrate.dialects.bind import ScriptBind
from nbmigrate.dialects.ddl.schemas import actual_schema, translated_dialect
from nbmigrate.dialects.script.statements import script_dialect, script_dialect_like
from nbmigrate.environment.alembic.names import builtins_with, importer
from nbmigrate.environment.alembic.util import to_tuple
from nbmigrate.environment.base_context import stamp_plan
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.errors import ConfigError, PositionError
from nbmigrate.graph.graph import RevisionGraph
from nbmigrate.graph.plan import Plan
from nbmigrate.graph.relative import parse_relative
from nbmigrate.graph.revision import ID_WIDTH
from nbmigrate.graph.stamp import StampPlan
from nbmigrate.graph.target import resolve, walk

if TYPE_CHECKING:
    from nbmigrate.environment.alembic.config import AlembicConfig
    from nbmigrate.environment.alembic.script_directory import AlembicScripts
    from nbmigrate.operations import Operation
    from nbmigrate.scripts.directory import ScriptDirectory


@dataclass(frozen=True, slots=True)
class Offline:
    """That a script is asked for.

    Parameters
    ----------
    starting
        Where the database is said to stand: identifiers, in one text with commas between them; None for base.
    output
        Where the script goes, unless env.py says where.
    dialect
        The name of the dialect that it is for, whatever env.py says; None for env.py's.
    """

    starting: str | Sequence[str] | None = None
    output: io.StringIO = field(default_factory=io.StringIO)
    dialect: str | None = None


def starting_heads(graph: RevisionGraph, starting: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the version rows of a database that stands at `starting`.

    Raises
    ------
    TargetError
        When that does not say which revisions.
    """
    if isinstance(starting, str):
        # An id may hold a comma itself.
        parts = [starting] if starting in graph else [part.strip() for part in starting.split(",")]
    else:
        parts = [part for part in starting or () if part is not None]
    found: dict[str, None] = {}
    for part in parts:
        relative = parse_relative(part)
        if relative is not None and relative.symbol:
            end = walk(graph, relative)
            found.update({end: None} if end else {})
        else:
            found.update(dict.fromkeys(resolve(graph, part)))
    return tuple(sorted(found))


class OfflineContext(MigrationContext):
    """A database that is only named: what env.py says of it, and the script for it.

    Parameters
    ----------
    opts
        What env.py gave to `context.configure()`.
    config
        The configuration that env.py sees.
    script
        The revision files.
    offline
        Where the script starts and where it goes.
    connected
        What env.py gave instead of a name: nothing is sent there, but it tells what database the script is for.
    """

    as_sql = True

    def __init__(
        self,
        opts: Mapping[str, Any],
        config: "AlembicConfig",
        script: "ScriptDirectory",
        offline: Offline,
        connected: sa.Connection | None = None,
    ) -> None:
        url, name = opts.get("url"), opts.get("dialect_name")
        self._url = None if url is None else sa.make_url(url)
        self._is_other = offline.dialect is not None
        if connected is not None:
            self._url = connected.engine.url
        if offline.dialect is not None:
            dialect = script_dialect(name=offline.dialect)
        elif connected is not None:
            dialect = script_dialect_like(connected.dialect)
        else:
            dialect = script_dialect(self._url, name, opts.get("dialect_opts"))
        if connected is not None:
            # Schemas that stand for others are put in here, as they are in a run.
            dialect = translated_dialect(dialect, schema_names(connected))
        self._keep(dialect, opts, config, script)
        self._starting = self.opts.get("starting_rev") or offline.starting
        self.writer = ScriptWriter(
            dialect,
            _writing(self.opts, offline),
            transactional=self.opts.get("transactional_ddl"),
            separator=self.opts.get(f"{dialect.name}_batch_separator"),
        )
        self.connection: Any = ScriptBind(self.writer)
        schema = actual_schema(dialect, self.version_table_schema)
        self.rows = VersionRows(self.version_table, schema, self.opts.get("version_table_pk", True))

    @property
    def transactional_ddl(self) -> bool:
        """Whether the script puts its statements into a transaction."""
        return self.writer.transactional

    @property
    def url(self) -> str:
        """The url of the database, its secrets masked; its kind alone where no url is known."""
        if self._url is None or self._is_other:
            return f"{self.dialect.name}://"
        return url_text(self._url)

    @property
    def place(self) -> str:
        """The same: of a database that is only named nothing else is known."""
        return self.url

    @property
    def secret_url(self) -> str | None:
        """The url with its password: only for taking it out of texts."""
        return None if self._url is None else self._url.render_as_string(hide_password=False)

    def get_current_heads(self) -> tuple[str, ...]:
        """Return where the database is said to stand."""
        scripts: ScriptDirectory | None = self.script
        if scripts is None:
            # A program that has no revision files says where it starts, and is believed.
            return tuple(name for name in to_tuple(self._starting, ()) if name not in (None, "base"))
        return starting_heads(scripts.graph(), self._starting)

    def begin_transaction(self, _per_migration: bool = False) -> AbstractContextManager[None]:
        """Write BEGIN and COMMIT around the block: around all of it, or around each revision if configured so."""
        is_here = self._is_per_migration == _per_migration
        return self.writer.transaction() if is_here else nullcontext()

    @property
    def _is_per_migration(self) -> bool:
        if self.config.get_main_option("transaction") is not None:
            return not self.run_options.whole
        # Alembic's default; what is not committed when a script stops needs nothing undone.
        return bool(self.opts.get("transaction_per_migration"))

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Write COMMIT before the block and BEGIN after it, where there is a transaction."""
        with self.writer.autocommit():
            yield

    def execute(
        self, sql: sa.Executable | str, execution_options: Mapping[str, Any] | None = None
    ) -> sa.CursorResult[Any]:
        """Write a statement."""
        statement = sa.text(sql) if isinstance(sql, str) else sql
        result: sa.CursorResult[Any] = self.connection.execute(statement)
        return result

    def static_output(self, text: str) -> None:
        """Write a text as it is."""
        self.writer.static(text)

    def migrate(
        self,
        make_plan: Callable[[tuple[str, ...]], Plan],
        *,
        listener: Listener | None = None,
        clock: Clock | None = None,
        lock_timeout: float | None = None,
    ) -> RunReport:
        """Write a plan; see `database.dry_run.script.write_plan`."""
        del listener, clock, lock_timeout
        names = builtins_with(importer())
        return write_plan(
            self.writer,
            self._sound(make_plan(self.get_current_heads())),
            lambda revision: self.script.load(revision, names),
            self.rows,
            self,
            self.run_arguments,
            url=self.secret_url,
        )

    def stamp(
        self,
        make_plan: "Callable[[tuple[str, ...]], StampPlan] | AlembicScripts",
        revision: str | Sequence[str] | None = None,
        *,
        purge: bool = False,
        listener: Listener | None = None,
        clock: Clock | None = None,
        lock_timeout: float | None = None,
    ) -> StampReport:
        """Write what changes the version rows; which rows a purge deletes is not known here."""
        del listener, clock, lock_timeout
        if purge:
            raise PositionError(
                "Can't use --purge with --sql mode: the existing rows are unknown.",
                "Write where the database stands: stamp --sql FROM:TO.",
            )
        return write_stamp(
            self.writer, stamp_plan(make_plan, revision)(self.get_current_heads()), self.rows, self
        )

    def invoke(self, operation: "Operation") -> None:
        """Write the statements of an operation."""
        self.writer.operation(operation)

    def ensure_version(self) -> bool:
        """Write what makes the version table."""
        self.writer.statements = []
        self.writer.execute(self.rows.create(ID_WIDTH, self.writer.dialect))
        return True

    def check_committed(self) -> None:
        """Do nothing: nothing was run."""


def _writing(opts: Mapping[str, Any], offline: Offline) -> Callable[[str], Any]:
    buffer, encoding = opts.get("output_buffer"), opts.get("output_encoding")
    if buffer is None:
        return offline.output.write
    return (lambda text: buffer.write(text.encode(encoding))) if encoding else buffer.write


def needs_offline_form(path: str, what: str) -> ConfigError:
    """Return the error for an env.py that only knows how to connect."""
    return ConfigError(
        f"{path} {what}, and --sql writes a script without a database.",
        "Let env.py do this `if context.is_offline_mode():` context.configure(url=..., literal_binds=True), then "
        "`with context.begin_transaction(): context.run_migrations()`; a new project's env.py shows it.",
    )
