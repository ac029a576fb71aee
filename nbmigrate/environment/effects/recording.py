"""What a migration would do, found by running it without a database."""

import ast
from collections.abc import Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy

from nbmigrate import op
from nbmigrate.config import mask_url
from nbmigrate.environment import active
from nbmigrate.environment.alembic.config import AlembicConfig
from nbmigrate.environment.alembic.names import builtins_with, importer
from nbmigrate.environment.environment_context import EnvironmentContext
from nbmigrate.environment.isolation.import_hook import alembic_is_ours
from nbmigrate.environment.isolation.shown_warnings import shown_warnings
from nbmigrate.environment.isolation.trial_guard import TrialGuard
from nbmigrate.errors import (
    BodyError,
    MigrateError,
    OperationError,
    ScriptError,
    TrialStoppedError,
    nearest,
)
from nbmigrate.graph.plan import Direction
from nbmigrate.graph.revision import Revision
from nbmigrate.operations import Operation, Operations, Recorder
from nbmigrate.scripts.directory import ScriptDirectory
from nbmigrate.scripts.reading.headers import shown
from nbmigrate.scripts.reading.loading import file_of
from nbmigrate.scripts.reading.syntax import parse

if TYPE_CHECKING:
    from nbmigrate.database.dry_run.planned_step import PlannedStep

_RUNS_HERE = "The body runs here without a database, to see what it does."


def record(
    source: str, filename: str, naming_convention: Mapping[str, Any] | None = None
) -> tuple[Operation, ...]:
    """Return the operations of a module's `upgrade()`, or of the module itself where it has none.

    Parameters
    ----------
    source
        The module.
    filename
        What to name it in errors.
    naming_convention
        That of env.py's target_metadata.

    Raises
    ------
    BodyError
        The module or its function raised; the line is named.
    OperationError
        It asks the database for something; TrialStoppedError before it does something outside of the database.
    """
    # `op` and `sa` are what every revision file imports; a cell may leave that out.
    namespace: dict[str, Any] = {
        "__name__": "nbmigrate_body",
        "__builtins__": builtins_with(importer()),
        "op": op,
        "sa": sqlalchemy,
    }
    recorder = Recorder(naming_convention)
    recording = op.use(Operations(recorder))
    try:
        tree = parse(source, filename)
        is_whole = any(isinstance(node, ast.FunctionDef) and node.name == "upgrade" for node in tree.body)
        guard = TrialGuard(filename)
        with shown_warnings(), alembic_is_ours(), nullcontext() if is_whole else recording, guard:
            exec(compile(tree, filename, "exec", dont_inherit=True), namespace)  # noqa: S102
        if is_whole:
            with shown_warnings(), alembic_is_ours(), recording, guard:
                namespace["upgrade"]()
    except MigrateError:
        raise
    except (Exception, SystemExit) as error:
        line = _line_in(error, filename)
        place = f"{filename}, line {line}" if line else filename
        raise BodyError(
            f"{place}: {type(error).__name__}: {error}",
            f"{_name_meant(error)} {_RUNS_HERE}".lstrip(),
            line=line,
        ) from error
    return tuple(recorder.operations)


def _name_meant(error: BaseException) -> str:
    """Return what was probably meant by a name that is not there: one of `op` or `sa` without it, or a near one."""
    if isinstance(error, NameError) and error.name:
        if error.name in op.__all__ or hasattr(sqlalchemy, error.name):
            return f"Write {'op' if error.name in op.__all__ else 'sa'}.{error.name}."
        near = nearest(error.name, op.__all__)
        return f"Did you mean op.{near}?" if near else ""
    if isinstance(error, AttributeError) and error.obj is sqlalchemy and error.name:
        near = nearest(error.name, dir(sqlalchemy))
        return f"Did you mean sa.{near}?" if near else ""
    return ""


def record_step(
    scripts: ScriptDirectory,
    config: AlembicConfig,
    revision: Revision,
    direction: Direction,
    *,
    arguments: Mapping[str, Any] | None = None,
    target: str | None = None,
    naming_convention: Mapping[str, Any] | None = None,
) -> tuple[Operation, ...]:
    """Return the operations of a revision's `upgrade()` or `downgrade()`, by running its file without a database.

    Parameters
    ----------
    scripts, config
        What `context.script` and `context.config` are.
    arguments
        Given to the function by name, as env.py gives them to `context.run_migrations()`.
    target
        What `context.get_revision_argument()` tells, unresolved.
    naming_convention
        That of env.py's target_metadata.

    Raises
    ------
    ScriptError
        The file or its function raised; the line is named.
    OperationError
        It asks the database for something, so that what it does is not known before it runs; TrialStoppedError before
        it does something outside of the database.
    """
    recorder = _Unconnected(naming_convention)
    environment = _UnconnectedEnvironment(config, scripts, recorder, target)
    try:
        _run(scripts, revision, direction, recorder, environment, arguments)
    except TrialStoppedError as error:
        error.operations = tuple(recorder.operations)
        raise
    return tuple(recorder.operations)


def run_unsent(
    scripts: ScriptDirectory,
    config: AlembicConfig,
    revision: Revision,
    direction: Direction,
    step: "PlannedStep",
    *,
    context: Any = None,
    arguments: Mapping[str, Any] | None = None,
    target: str | None = None,
) -> None:
    """Run `upgrade()` or `downgrade()` of a revision for a step that sends nothing.

    Parameters
    ----------
    scripts, config, arguments, target
        As for `record_step`.
    step
        What `op` asks.
    context
        What `context.get_context()` returns; what env.py has configured, if None.

    Raises
    ------
    ScriptError
        The file or its function raised; the line is named.
    OperationError
        What it does from some line on is known only when it runs; TrialStoppedError before it does something outside
        of the database.
    """
    environment = None if context is None else _PlannedEnvironment(config, scripts, context, target, step)
    _run(scripts, revision, direction, step, environment, arguments)


def _run(
    scripts: ScriptDirectory,
    revision: Revision,
    direction: Direction,
    runner: "_Unconnected | PlannedStep",
    environment: EnvironmentContext | None,
    arguments: Mapping[str, Any] | None,
) -> None:
    path = file_of(revision)
    try:
        used = nullcontext() if environment is None else active.use(environment)
        with alembic_is_ours(), used, TrialGuard(str(path), runner.stop):
            migration = scripts.load(revision, builtins_with(importer()))
            function = migration.upgrade if direction == "upgrade" else migration.downgrade
            with op.use(Operations(runner)):
                function(**(arguments or {}))
    except MigrateError:
        if runner.refusal is None:
            raise
    except (Exception, SystemExit) as error:
        if runner.refusal is None:
            line = _line_in(error, str(path))
            place = f"{shown(path)}, line {line}" if line else shown(path)
            what = mask_url(f"{type(error).__name__}: {error}".rstrip(": "))
            raise ScriptError(
                f"{place}: {what}", "Fix the file and try again.", path=path, line=line
            ) from error
    # A migration that goes on without what it asked for does something else than it will when it runs.
    if runner.refusal is not None:
        line = _line_in(runner.refusal, str(path))
        if line:
            message = runner.refusal.message
            runner.refusal.message = message.replace("What follows is", f"What follows line {line} is", 1)
        raise runner.refusal


class _Unconnected(Recorder):
    """A recorder that remembers that it was asked for the database."""

    def __init__(self, naming_convention: Mapping[str, Any] | None = None) -> None:
        super().__init__(naming_convention)
        self.refusal: OperationError | None = None

    def invoke(self, operation: Operation) -> None:
        """Record an operation, unless what came before is missing."""
        if self.refusal is not None:
            raise self.refusal
        super().invoke(operation)

    def stop(self, error: TrialStoppedError) -> None:
        """Take note that it was stopped."""
        self.refusal = self.refusal or error

    def get_bind(self) -> NoReturn:
        """Refuse."""
        self.refuse("op.get_bind()")

    def get_context(self) -> NoReturn:
        """Refuse."""
        self.refuse("op.get_context()")

    def refuse(self, what: str) -> NoReturn:
        """Raise OperationError."""
        self.refusal = self.refusal or OperationError(
            f"{what} asks for the database, so that what this does is known only when it runs."
        )
        raise self.refusal


class _UnconnectedEnvironment(EnvironmentContext):
    """The `context` of a migration that is only being read."""

    def __init__(
        self, config: AlembicConfig, scripts: ScriptDirectory, recorder: _Unconnected, target: str | None
    ) -> None:
        super().__init__(config, scripts, lambda _: None, target)
        self._recorder = recorder

    def get_context(self) -> NoReturn:
        """Refuse: whatever needs the database comes this way."""
        self._recorder.refuse("context")

    def configure(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        self._recorder.refuse("context.configure()")


class _PlannedEnvironment(EnvironmentContext):
    """The `context` of a migration whose statements are found and not sent."""

    def __init__(
        self,
        config: AlembicConfig,
        scripts: ScriptDirectory,
        found: Any,
        target: str | None,
        step: "PlannedStep",
    ) -> None:
        super().__init__(config, scripts, lambda _: None, target)
        self._found = found
        self._step = step

    def get_context(self) -> Any:
        """Return what stands for the database."""
        self._step.reads_database = True
        return self._found

    def get_revision_argument(self) -> str | tuple[str, ...] | None:
        """Return the revision that the run is given."""
        self._step.reads_database = True
        return super().get_revision_argument()

    def configure(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise OperationError("context.configure() is for env.py.")


def _line_in(error: BaseException, filename: str) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    numbers = []
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == filename:
            numbers.append(traceback.tb_lineno)
        traceback = traceback.tb_next
    return numbers[-1] if numbers else None
