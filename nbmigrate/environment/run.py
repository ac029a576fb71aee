"""Running a project's env.py."""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import cache_from_source
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import sqlalchemy as sa

from nbmigrate.config import Config, is_secret, is_secret_value, set_urls
from nbmigrate.config.run_scope import RunScope, in_scope
from nbmigrate.database.backends.timeouts import connecting_within, timeout_of
from nbmigrate.database.drivers import SET_URL
from nbmigrate.database.errors import cause_of, is_database_error, masked, translate
from nbmigrate.environment import active
from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.alembic.names import builtins_with, importer
from nbmigrate.environment.alembic.stand_ins import NotProvidedError
from nbmigrate.environment.engine_options import engine_option_error
from nbmigrate.environment.environment_context import HANDED_OVER, EnvironmentContext
from nbmigrate.environment.isolation.event_loop import in_own_thread, loop_is_running
from nbmigrate.environment.isolation.flask_app import GIVE_ONE, OUTSIDE, Application, around
from nbmigrate.environment.isolation.modules import ProjectModules
from nbmigrate.environment.isolation.search_path import project_code
from nbmigrate.environment.isolation.shown_warnings import shown_warnings
from nbmigrate.environment.migration_context import MigrationContext
from nbmigrate.errors import (
    ConfigError,
    DatabaseError,
    MigrateError,
    NothingMigratedError,
    ScriptError,
    TableNotFoundError,
)
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.new_project.templates import is_earlier
from nbmigrate.scripts.reading.headers import shown

if TYPE_CHECKING:
    from nbmigrate.environment.connectable import Connectable
    from nbmigrate.environment.offline_context import Offline

T = TypeVar("T")


def run_environment(
    config: Config,
    scripts: ScriptDirectory,
    action: Callable[[MigrationContext], T],
    *,
    attributes: Mapping[str, Any] | None = None,
    target: str | None = None,
    tag: str | None = None,
    offline: "Offline | None" = None,
    project_imports: bool = True,
    modules: ProjectModules | None = None,
) -> T:
    """Run env.py, and where it calls `context.run_migrations()`, an action; of several databases the last one counts.

    Parameters
    ----------
    config, scripts, action, attributes, target, tag, offline, modules, project_imports
        As for `run_databases`.
    """
    found = run_databases(
        AlembicConfig.of(config, attributes),
        scripts,
        action,
        target=target,
        tag=tag,
        offline=offline,
        modules=modules,
        project_imports=project_imports,
    )
    return found[-1]


def run_databases(
    config: AlembicConfig,
    scripts: ScriptDirectory,
    action: Callable[[MigrationContext], T],
    *,
    target: str | None = None,
    tag: str | None = None,
    offline: "Offline | None" = None,
    modules: ProjectModules | None = None,
    project_imports: bool = True,
    application: Application | None = None,
    connectable: "Connectable | None" = None,
) -> list[T]:
    """Run env.py, and where it calls `context.run_migrations()`, an action: once, or once per database.

    Parameters
    ----------
    config
        What env.py sees as `context.config`.
    scripts
        The directory with env.py and the revision files.
    action
        What to do with the database that env.py configures. Where it configures several, one after the other, each
        gets its turn.
    target
        The revision that the command was given, for `context.get_revision_argument()`.
    tag
        What `context.get_tag_argument()` tells.
    offline
        Lets env.py run offline: the action writes a script, and nothing is connected to.
    project_imports
        Whether what is imported may come from the folders that `prepend_sys_path` names.
    modules
        The project's modules that are its runs' own; none that are kept for the next run, if None.
    application
        The application that is to be current while env.py runs.
    connectable
        What is handed to env.py in `config.attributes`; a project without an env.py is migrated on it all the same.

    Raises
    ------
    ConfigError
        There is no env.py; NothingMigratedError if it does not come to `context.run_migrations()`.
    ScriptError
        env.py itself failed; the file and the line are named.
    DatabaseError
        The database, its driver or its url failed.
    """
    environment = EnvironmentContext(config, scripts, action, target, tag, offline, connectable)
    with active.use(environment), handed_over(environment):
        run_env(environment, modules or ProjectModules(), application, project_imports=project_imports)
    if not environment.results:
        path = scripts.location / "env.py"
        raise NothingMigratedError(
            f"{shown(path)} ended without calling context.run_migrations(): nothing was done.",
            "It usually ends with `with context.begin_transaction(): context.run_migrations()`.",
            options=environment.options,
        )
    return environment.results


@contextmanager
def handed_over(environment: EnvironmentContext) -> Iterator[None]:
    """Let env.py find the connection that it is to take; a script is written for the same kind of database."""
    connectable, config = environment.connectable, environment.config
    if connectable is None:
        yield
    elif environment.offline is not None:
        if not connectable.is_kept:
            config.set_main_option("sqlalchemy.url", connectable.url.replace("%", "%%"))
        yield
    else:
        with connectable.connected() as connection:
            config.attributes[HANDED_OVER] = connection
            yield


def run_env(
    environment: EnvironmentContext,
    modules: ProjectModules,
    application: Application | None = None,
    *,
    project_imports: bool = True,
) -> None:
    """Run the env.py of what `context` stands for now; see `run_databases` for what may be raised."""
    path = environment.scripts.location / "env.py"
    settings = environment.config.settings
    try:
        more = application.folders if application is not None else ()
        code = project_code(settings, modules, project_imports=project_imports, more=more)
        scope = in_scope(RunScope(str(environment.scripts.location)))
        with environment.config.placing_errors():
            connecting = connecting_within(timeout_of(environment.config.get_main_option("lock_timeout")))
        with shown_warnings(), code, scope, around(application), connecting:
            _execute(path, environment)
        for configured in environment.contexts:
            configured.check_committed()
    except MigrateError:
        raise
    except (Exception, SystemExit) as error:
        if error is environment.action_error and not is_database_error(error):
            raise
        url = _secrets(environment, error)
        if environment.offline is not None and is_database_error(error) and _tried_to_connect(error):
            from nbmigrate.environment.offline_context import needs_offline_form

            raise needs_offline_form(shown(path), "connects to the database") from cause_of(error, url)
        failed = engine_option_error(error, settings) or _failed(error, path, url)
        if isinstance(failed, ConfigError) and SET_URL in failed.hint:
            failed.hint = settings.misspelled("sqlalchemy.url") or failed.hint
        databases = settings.databases
        if databases and SET_URL in failed.hint:
            failed.hint = set_urls(databases)
        raise failed from cause_of(error, url)
    finally:
        environment.release()


def _execute(path: Path, environment: EnvironmentContext) -> None:
    try:
        source, code = _code_of(path)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and environment.connectable is not None:
            # What an env.py would be for is settled: which database it is.
            environment.run_alone()
            return
        raise ConfigError(
            f"{shown(path)} cannot be read: {error.strerror}.",
            "A project has an env.py beside its versions folder.",
        ) from error

    if environment.connectable is not None and is_earlier(source):
        environment.run_alone()
        return

    def execute() -> None:
        with _module(path) as namespace:
            exec(code, namespace)  # noqa: S102

    # A connection that a program hands over is for the thread that made it.
    handed_over = any(isinstance(value, sa.Connection) for value in environment.config.attributes.values())
    if b"async" in source and not handed_over and loop_is_running():
        in_own_thread(execute)
    else:
        execute()


def _code_of(path: Path) -> tuple[bytes, CodeType]:
    """Return what is in env.py, or in what was compiled of it where that alone is there, and its code."""
    # Not importlib: the edits of the last second count, and no .pyc is left behind.
    if not path.exists():
        from nbmigrate.scripts.reading.compiled import code_of

        for compiled in (Path(cache_from_source(str(path))), path.with_suffix(".pyc")):
            if compiled.is_file():
                content = compiled.read_bytes()
                return content, code_of(content, compiled)
    source = path.read_bytes()
    return source, compile(source, str(path), "exec", dont_inherit=True)


@contextmanager
def _module(path: Path) -> Iterator[dict[str, Any]]:
    """Give the namespace of a module that is in `sys.modules` meanwhile, for classes that look themselves up there."""
    # One name per thread, so that two projects in two threads do not meet.
    module = ModuleType(f"env_py_{threading.get_ident()}")
    module.__file__ = str(path)
    module.__dict__["__builtins__"] = builtins_with(importer())
    before = sys.modules.get(module.__name__)
    sys.modules[module.__name__] = module
    try:
        yield module.__dict__
    finally:
        if before is None:
            sys.modules.pop(module.__name__, None)
        else:
            sys.modules[module.__name__] = before


def _secrets(environment: EnvironmentContext, error: BaseException) -> str:
    """Return the urls in use, and what else is secret by its name, a line each: only for taking it out of texts."""
    lines = [found.secret_url or "" for found in environment.contexts]
    # An engine that did not come to a connection is known to nobody but those that it failed in.
    from nbmigrate.database.execution.failure import chain

    frames = [frame for link in chain(error) for frame, _ in traceback.walk_tb(link.__traceback__)]
    engines = [value for frame in frames for value in frame.f_locals.values() if isinstance(value, sa.Engine)]
    lines += {engine.url.render_as_string(hide_password=False) for engine in engines}
    with suppress(ConfigError):
        lines.append(environment.config.get_main_option("sqlalchemy.url", ""))
    given = [argument.partition("=") for argument in getattr(environment.config.cmd_opts, "x", None) or ()]
    named = [*((key, value) for key, _, value in given), *os.environ.items()]
    for value in (value for key, value in named if is_secret(key) and is_secret_value(value)):
        # In a url it may have been put together wrongly, and have become a host.
        lines += [f"password={quote(value, safe='')}", f"://:{value}@"]
    lines += [value for _, _, value in given if "://" in value]
    return "\n".join(lines)


def _tried_to_connect(error: BaseException) -> bool:
    """Whether env.py asked for a connection, of a driver that is not installed or of a database that is not there."""
    return isinstance(translate(error), DatabaseError) and not isinstance(error, sa.exc.NoSuchModuleError)


def _placed(problem: MigrateError, error: BaseException, path: Path) -> MigrateError:
    """Let an error name the line of env.py, where it is one of a statement that env.py itself sends."""
    frames = traceback.extract_tb(error.__traceback__)
    passed = [number for number, frame in enumerate(frames) if Path(frame.filename) == path]
    own = Path(__file__).parents[1]
    if not passed or any(Path(frame.filename).is_relative_to(own) for frame in frames[passed[-1] + 1 :]):
        return problem
    if type(problem) in (DatabaseError, TableNotFoundError):
        problem.message = f"{shown(path)}, line {frames[passed[-1]].lineno} failed: {problem.message}"
        problem.hint = problem.hint or "env.py is Python of the project; correct it there."
    return problem


def _failed(error: BaseException, path: Path, url: str | None) -> MigrateError:
    """Return the error for an env.py that raised: the database's, or its own with the line."""
    from nbmigrate.database.execution.failure import line_in

    if is_database_error(error):
        return _placed(translate(error, url), error, path)

    line = (
        error.lineno
        if isinstance(error, SyntaxError) and error.filename == str(path)
        else line_in(error, path)
    )
    what = f"{type(error).__name__}: {error}".rstrip(": ")
    hint = "env.py is Python of the project; correct it there."
    if isinstance(error, SystemExit):
        what, hint = (
            "it ended the program with SystemExit",
            "Take the call of sys.exit() or exit() out of it.",
        )
    if isinstance(error, NotProvidedError):
        what, hint = error.message.removesuffix("."), error.advice
    elif isinstance(error, ModuleNotFoundError):
        hint = "The module must be installed, or be in a folder that prepend_sys_path in the ini names."
    elif isinstance(error, ImportError) and error.msg.startswith("cannot import name"):
        hint = "The module is installed, but has no such name: correct the import, or install a version that has it."
    if isinstance(error, RuntimeError) and OUTSIDE in str(error):
        what, hint = "it wants a current application of Flask, and there is none", GIVE_ONE
    place = f"{shown(path)}, line {line}" if line else shown(path)
    return ScriptError(masked(f"{place} failed: {what}", url), hint, path=path, line=line)
