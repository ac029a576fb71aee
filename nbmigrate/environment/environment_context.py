"""What `context` stands for while an env.py runs."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.errors import ConfigError
from nbmigrate.scripts.directory import ScriptDirectory

if TYPE_CHECKING:
    from nbmigrate.environment.alembic.script_directory import AlembicScripts
    from nbmigrate.environment.connectable import Connectable
    from nbmigrate.environment.offline_context import Offline


#: What a connection is called in `config.attributes`, as Alembic's documentation has it.
HANDED_OVER = "connection"
#: The options that each call of `configure()` has of its own; any other holds for later calls too, as in Alembic.
_EACH_TIME = {
    "alembic_module_prefix",
    "compare_type",
    "dialect_opts",
    "downgrade_token",
    "include_name",
    "include_object",
    "include_schemas",
    "literal_binds",
    "on_version_apply",
    "process_revision_directives",
    "render_as_batch",
    "sqlalchemy_module_prefix",
    "target_metadata",
    "transaction_per_migration",
    "upgrade_token",
    "user_module_prefix",
}
#: For which None says nothing.
_UNLESS_NONE = {
    "autogenerate_plugins",
    "compare_server_default",
    "output_buffer",
    "render_item",
    "starting_rev",
    "tag",
    "transactional_ddl",
}


class EnvironmentContext:
    """One run of an env.py, under the names of Alembic's `context`.

    Parameters
    ----------
    config
        What env.py sees as `context.config`.
    scripts
        The revision files.
    action
        What `context.run_migrations()` does.
    target
        What `context.get_revision_argument()` tells, unresolved.
    tag
        What `context.get_tag_argument()` tells.
    offline
        That a script is written instead of a run; None for a run.
    connectable
        What `config.attributes["connection"]` is of; env.py is to migrate that database.
    """

    def __init__(
        self,
        config: AlembicConfig,
        scripts: ScriptDirectory,
        action: Callable[[MigrationContext], Any],
        target: str | None = None,
        tag: str | None = None,
        offline: "Offline | None" = None,
        connectable: "Connectable | None" = None,
    ) -> None:
        self.config = config
        self.connectable = connectable
        self.scripts = scripts
        self._action = action
        self._target = target
        self._tag = tag
        #: That a script is written instead of a run, and where it starts and goes.
        self.offline = offline
        self._context: MigrationContext | None = None
        #: What `configure()` was given instead of a connection.
        self._lacks = ""
        #: What `configure()` was given last.
        self.options: dict[str, Any] = {}
        #: Every context that was configured, in order.
        self.contexts: list[MigrationContext] = []
        #: What the action returned, once per call of `run_migrations`.
        self.results: list[Any] = []
        #: What the action raised, so that it is not taken for a failure of env.py.
        self.action_error: BaseException | None = None

    @cached_property
    def script(self) -> "AlembicScripts":
        """The revision files, under Alembic's names."""
        from nbmigrate.environment.alembic.script_directory import AlembicScripts

        return AlembicScripts.of(self.scripts, self.config)

    def is_offline_mode(self) -> bool:
        """Whether SQL is written instead of run."""
        return self.offline is not None

    def requires_connection(self) -> bool:
        """Whether `configure()` needs a connection: for `--sql` it does not."""
        return not self.is_offline_mode()

    def is_transactional_ddl(self) -> bool:
        """Whether a revision is undone whole when it fails."""
        return self.get_context().transactional_ddl

    def configure(
        self,
        connection: sa.Connection | sa.Engine | None = None,
        url: Any = None,
        dialect_name: str | None = None,
        **options: Any,
    ) -> None:
        """Say which database is migrated, and how; may be called once for each of several databases.

        What an earlier call has given holds still, such as `version_table`; `template_args` are added to. Each call's
        own are `target_metadata`, `transaction_per_migration`, `on_version_apply` and the like: see `_EACH_TIME`.

        Of Alembic's options these have their meaning: `version_table`, `version_table_schema`, `version_table_pk`,
        `on_version_apply`, `transaction_per_migration`, `template_args`, `process_revision_directives`,
        `target_metadata` for its naming convention, `tag`; and for `--sql` `dialect_opts`, `literal_binds`,
        `output_buffer`, `output_encoding`, `starting_rev`, `transactional_ddl`, `mssql_batch_separator`,
        `oracle_batch_separator`.
        The others say what autogenerate compares and how it writes it, which nbmigrate does not do: `include_name`,
        `include_object`, `include_schemas`, `compare_type`, `compare_server_default`, `render_item`,
        `render_as_batch`, `upgrade_token`, `downgrade_token`, `autogenerate_plugins`, the `..._module_prefix`. They
        are taken, kept in `get_context().opts`, and change nothing; nor does one that Alembic does not know.

        Parameters
        ----------
        connection
            The connection; for `--sql` it only tells what database the script is for.
        url, dialect_name
            The database that a script is for, where there is no connection.
        options
            As above.

        Raises
        ------
        ConfigError
            It is given an engine, or nothing says what the script is for.
        """
        if isinstance(connection, sa.Engine):
            raise ConfigError(
                "'connection' argument to configure() is expected to be a sqlalchemy.engine.Connection instance, got "
                f"{connection!r}",
                "Make one: `with engine.connect() as connection: context.configure(connection=connection, ...)`.",
            )
        options = self._with_those_before(options)
        self.options = options
        if self.offline is not None:
            from nbmigrate.environment.offline_context import OfflineContext, needs_offline_form

            if connection is None and url is None and not (dialect_name or self.offline.dialect):
                given = "gave neither url nor dialect_name to context.configure()"
                raise needs_offline_form("env.py", given)
            database = {"url": url, "dialect_name": dialect_name}
            self._context = OfflineContext(
                options | database, self.config, self.scripts, self.offline, connection
            )
            if self.connectable is not None:
                self.connectable.check_script(self._context.dialect)
        elif connection is None:
            # For a new revision env.py may only say what its template gets.
            self._context, self._lacks = None, "a URL" if url is not None else "no connection"
        else:
            if self.connectable is not None:
                self.connectable.check_taken(connection, self.config.attributes[HANDED_OVER])
            self._context = MigrationContext(connection, options, self.config, self.scripts, self.connectable)
        self._tag = options.get("tag") or self._tag
        if self._context is not None:
            self.contexts.append(self._context)

    def _with_those_before(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return options with those that an earlier call has given and that hold still."""
        before = {name: value for name, value in self.options.items() if name not in _EACH_TIME}
        given = {
            name: value for name, value in options.items() if value is not None or name not in _UNLESS_NONE
        }
        arguments = [one.get("template_args") for one in (before, given)]
        if all(arguments):
            given["template_args"] = {**before["template_args"], **given["template_args"]}
        elif arguments[0]:
            given["template_args"] = arguments[0]
        return before | given

    def run_migrations(self, **arguments: Any) -> None:
        """Do what the command that started env.py is for; `arguments` are given to `upgrade()` and `downgrade()`."""
        context = self.get_context()
        context.run_arguments = arguments
        try:
            self.results.append(self._action(context))
        except BaseException as error:
            self.action_error = error
            raise

    def run_alone(self) -> None:
        """Do what the env.py of a new project does, where the database was handed over and there is no env.py."""
        if self.offline is not None:
            url, style = self.config.get_main_option("sqlalchemy.url"), {"paramstyle": "named"}
            self.configure(url=url, literal_binds=True, dialect_opts=style)
        else:
            self.configure(connection=self.config.attributes[HANDED_OVER])
        with self.begin_transaction():
            self.run_migrations()

    def run_env(self) -> None:
        """Raise ConfigError: env.py is running."""
        raise ConfigError(
            "env.py called script.run_env(), which would run env.py once more.",
            "Remove the call from env.py.",
        )

    def release(self) -> None:
        """Let other runs have the databases that were configured."""
        for configured in self.contexts:
            configured.release()

    def begin_transaction(self) -> AbstractContextManager[Any]:
        """Write BEGIN and COMMIT into a script; in a run each revision gets a transaction of its own anyway."""
        return self.get_context().begin_transaction()

    def get_context(self) -> MigrationContext:
        """Return what `configure()` made last.

        Raises
        ------
        ConfigError
            It was not called yet, or without a connection.
        """
        if self._context is None and self._lacks:
            raise ConfigError(
                f"env.py called context.configure() with {self._lacks}: it takes a connection.",
                "Make one: `with engine.connect() as connection: context.configure(connection=connection, ...)`.",
            )
        if self._context is None:
            raise ConfigError("No context has been configured yet.", "Call context.configure() first.")
        return self._context

    def get_bind(self) -> sa.Connection:
        """Return the connection; what takes statements, and can tell nothing, while a script is written."""
        return self.get_context().connection

    def execute(
        self, sql: sa.Executable | str, execution_options: Mapping[str, Any] | None = None
    ) -> sa.CursorResult[Any]:
        """Run a statement on the connection, or write it."""
        return self.get_context().execute(sql, execution_options)

    def static_output(self, text: str) -> None:
        """Write a text as it is into the script of `--sql`."""
        self.get_context().static_output(text)

    def get_x_argument(self, as_dictionary: bool = False) -> list[str] | dict[str, str]:
        """Return what was given with `-x`: a list, or a dictionary where "key" alone has an empty value."""
        arguments = list(getattr(self.config.cmd_opts, "x", None) or ())
        if not as_dictionary:
            return arguments
        pairs = (argument.partition("=") for argument in arguments)
        return {key: value for key, _, value in pairs}

    def get_head_revision(self) -> str | None:
        """Return the head of the revision files; an error where there is more than one."""
        from nbmigrate.graph.target import resolve

        return next(iter(resolve(self.scripts.graph(), "head")), None)

    def get_head_revisions(self) -> tuple[str, ...]:
        """Return the heads of the revision files."""
        return tuple(self.scripts.graph().heads)

    def get_revision_argument(self) -> str | tuple[str, ...] | None:
        """Return the revision that the command was given: ids in full, None for base, relative ones as they are."""
        from nbmigrate.graph.target import parse_relative, resolve

        if self._target is None or parse_relative(self._target) is not None:
            return self._target
        ids = resolve(self.scripts.graph(), self._target)
        return ids if len(ids) > 1 else next(iter(ids), None)

    def get_starting_revision_argument(self) -> str | tuple[str, ...] | None:
        """Return where the database stands: in a script, where it is said to, before `configure()` too."""
        if self.offline is None:
            return self.get_context().get_current_heads()
        from nbmigrate.environment.offline_context import starting_heads

        heads = (
            starting_heads(self.scripts.graph(), self.offline.starting)
            if self._context is None
            else self._context.get_current_heads()
        )
        return heads if len(heads) > 1 else next(iter(heads), None)

    def get_tag_argument(self) -> str | None:
        """Return what was given with `--tag`, or to `configure()`."""
        return self._tag


def unattached(
    connection: sa.Connection | None,
    opts: Mapping[str, Any],
    environment: EnvironmentContext | None,
) -> MigrationContext:
    """Return a context for a connection; for writing SQL where there is none, or where `opts` have `as_sql`.

    Raises
    ------
    ConfigError
        There is neither a connection nor a url nor the name of a dialect.
    """
    config = environment.config if environment is not None else AlembicConfig()
    scripts: Any = environment.scripts if environment is not None else None
    if connection is not None and not opts.get("as_sql"):
        return MigrationContext(connection, opts, config, scripts)
    from nbmigrate.environment.offline_context import Offline, OfflineContext

    name = opts.get("dialect_name") or (connection.dialect.name if connection is not None else None)
    if name is None and opts.get("url") is None:
        raise ConfigError(
            "MigrationContext.configure() has no database.", "Give it a connection, a URL or a dialect_name."
        )
    if opts.get("output_buffer") is None:
        opts = {**opts, "output_buffer": sys.stdout}
    return OfflineContext({**opts, "dialect_name": name}, config, scripts, Offline(), connection)


MigrationContext.made_by = staticmethod(unattached)
