"""What can go wrong, as one tree; every error carries its data and says what to do next.

MigrateError
├── UsageError              the words of a command
├── ConfigError             the ini, the project
│   ├── NoProjectError
│   └── NothingMigratedError
├── GraphError              the revisions, taken together
│   ├── MissingRevisionError
│   ├── CycleError
│   ├── DuplicateRevisionError
│   └── DuplicateLabelError
├── TargetError             an identifier that does not say which revision
│   ├── RevisionNotFoundError
│   ├── RangeError
│   ├── AmbiguousRevisionError
│   └── MultipleHeadsError
├── ScriptError             a revision file, a template, a cell body
│   ├── UnreadableRevisionError
│   ├── BodyError
│   ├── NoRevisionError
│   ├── RevisionAppliedError
│   └── RevisionEditedError
├── OperationError          what a migration asks for
│   ├── ConstraintNotFoundError
│   ├── InvalidOptionError
│   ├── IrreversibleError
│   ├── OffendingRowsError
│   ├── TrialStoppedError       what a revision does that is only tried out
│   ├── UnboundParameterError
│   └── UnsupportedOperationError
└── DatabaseError           the database, its driver, its url
    ├── DriverMissingError
    ├── ConnectionFailedError
    ├── DatabaseLockedError
    ├── TableNotFoundError
    │   └── ColumnNotFoundError
    ├── PositionError
    │   └── InterruptedRevisionError
    ├── BookkeepingError    a table of nbmigrate's own
    ├── MigrationFailedError
    └── InterruptedRunError
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the one of `names` that `name` was probably meant to be, or None."""
    import difflib

    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return found[0] if found else None


class MigrateError(Exception):
    """Anything nbmigrate refuses or fails to do.

    Parameters
    ----------
    message
        What happened, and where; one line.
    hint
        What to do next; empty where nothing sensible can be said.
    """

    #: What the command had done before it failed, as its Result; None where that is nothing.
    result: object = None
    #: What a notebook shows instead of the message, set on an instance; never Python's own text of a traceback, whose
    #: lines may hold a password.
    traceback_text = ""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback."""
        return [self.traceback_text or f"{type(self).__name__}: {self}"]


class UsageError(MigrateError):
    """The words of a command are not understood."""


class ConfigError(MigrateError):
    """The configuration cannot be read, or says something that cannot be.

    Parameters
    ----------
    key
        The setting whose value is wrong, where the message does not say its file and line yet.
    """

    def __init__(self, message: str, hint: str = "", *, key: str = "") -> None:
        super().__init__(message, hint)
        self.key = key


class NoProjectError(ConfigError):
    """There is no project, or more than one, where one was looked for."""


class NothingMigratedError(ConfigError):
    """env.py ended well without calling `context.run_migrations()`: a command succeeds, and nothing was done.

    Parameters
    ----------
    options
        What it gave to `context.configure()`, if it came to that.
    """

    def __init__(self, message: str, hint: str = "", *, options: "Mapping[str, Any] | None" = None) -> None:
        super().__init__(message, hint)
        self.options = dict(options or {})


class GraphError(MigrateError):
    """The revisions do not make one graph; `revisions` are the ids concerned."""

    def __init__(self, message: str, hint: str = "", *, revisions: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.revisions = tuple(revisions)


class MissingRevisionError(GraphError):
    """A file names a parent or a dependency that no file has."""


class CycleError(GraphError):
    """Following the parents of a revision leads back to it."""


class DuplicateRevisionError(GraphError):
    """Two files have one revision id."""


class DuplicateLabelError(GraphError):
    """Two revisions declare one branch label, or a label is also an id."""


class TargetError(MigrateError):
    """An identifier does not say which revision is meant; `target` is the text given."""

    def __init__(
        self, message: str, hint: str = "", *, target: str = "", choices: Sequence[str] = ()
    ) -> None:
        super().__init__(message, hint)
        self.target = target
        self.choices = tuple(choices)


class RevisionNotFoundError(TargetError):
    """No revision has this id, prefix or label."""


class RangeError(TargetError):
    """The lower end of a range is no ancestor of the upper one."""


class AmbiguousRevisionError(TargetError):
    """More than one revision fits; `choices` are their ids."""


class MultipleHeadsError(AmbiguousRevisionError):
    """One head was requested and there are several; `choices` are their ids."""


class ScriptError(MigrateError):
    """A revision file, a template or a folder of them is not as it must be."""

    def __init__(
        self, message: str, hint: str = "", *, path: Path | None = None, line: int | None = None
    ) -> None:
        super().__init__(message, hint)
        self.path = path
        self.line = line


class UnreadableRevisionError(ScriptError):
    """A revision file does not parse, or its header is not made of literals."""


class BodyError(ScriptError):
    """The body of a `%%migrate` cell is not a migration."""


class NoRevisionError(ScriptError):
    """What env.py makes of a new revision is none, so that no file was written."""


class RevisionAppliedError(ScriptError):
    """A revision that is applied cannot be changed."""


class RevisionEditedError(ScriptError):
    """A file was edited since nbmigrate wrote it; `diff` is what would become of it, a unified diff."""

    def __init__(self, message: str, hint: str = "", *, path: Path | None = None, diff: str = "") -> None:
        super().__init__(message, hint, path=path)
        self.diff = diff


class OperationError(MigrateError):
    """An operation cannot be done as asked."""


class IrreversibleError(OperationError):
    """Nothing known undoes this operation."""


class OffendingRowsError(OperationError):
    """The rows of a table do not permit what is asked of it."""


class TrialStoppedError(OperationError):
    """A revision that was only tried out was about to write a file, start a process or open a connection.

    Parameters
    ----------
    statement
        The line of its function that was being done; None where the function had not begun.
    """

    #: What the function had asked for before.
    operations: tuple[Any, ...] = ()

    def __init__(self, message: str, hint: str = "", *, statement: int | None = None) -> None:
        super().__init__(message, hint)
        self.statement = statement


class UnboundParameterError(OperationError):
    """A statement has a parameter without a value; `statement` is the SQL as it was written."""

    def __init__(self, message: str, hint: str = "", *, statement: str = "") -> None:
        super().__init__(message, hint)
        self.statement = statement


class UnsupportedOperationError(OperationError, NotImplementedError):
    """This database has no statement for the operation; Alembic raises NotImplementedError for such."""


class ConstraintNotFoundError(OperationError, ValueError):
    """A table has no such constraint or index, or no single one without a name; Alembic raises ValueError."""


class InvalidOptionError(OperationError, ValueError):
    """An option of a directive has a value that it cannot have; Alembic raises ValueError."""


class DatabaseError(MigrateError):
    """The database, or the way to it, failed."""


class DriverMissingError(DatabaseError):
    """The Python package that talks to this database is not installed."""


class ConnectionFailedError(DatabaseError):
    """The database cannot be reached, or does not let us in."""


class DatabaseLockedError(DatabaseError):
    """Another program is writing to the database."""


class TableNotFoundError(DatabaseError):
    """The database has no such table or column; `choices` are those it has."""

    def __init__(self, message: str, hint: str = "", *, choices: Sequence[str] = ()) -> None:
        super().__init__(message, hint)
        self.choices = tuple(choices)


class ColumnNotFoundError(TableNotFoundError, KeyError):
    """A table has no such column; Alembic's batches raise KeyError."""


class PositionError(DatabaseError):
    """The database stands where the revision files, or the plan, do not expect it."""


class InterruptedRevisionError(PositionError):
    """A revision is interrupted, and nothing else can be done before it is finished or abandoned.

    Parameters
    ----------
    revision
        The id of the interrupted revision.
    position
        The heads the database stands at.
    """

    def __init__(
        self, message: str, hint: str = "", *, revision: str = "", position: Sequence[str] = ()
    ) -> None:
        super().__init__(message, hint)
        self.revision = revision
        self.position = tuple(position)


#: The name that it had before; it goes with the next release.
HalfwayError = InterruptedRevisionError


class BookkeepingError(DatabaseError):
    """A table of nbmigrate's own cannot be made, read or written; no revision is at fault."""


class MigrationFailedError(DatabaseError):
    """A revision failed and was undone.

    Parameters
    ----------
    revision
        The id of the revision that failed.
    statement
        The SQL that failed; empty when Python code did.
    position
        The heads the database stands at now.
    """

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        revision: str = "",
        statement: str = "",
        position: Sequence[str] = (),
    ) -> None:
        super().__init__(message, hint)
        self.revision = revision
        self.statement = statement
        self.position = tuple(position)


class InterruptedRunError(MigrationFailedError):
    """A run was interrupted from the keyboard; the revision that was running was undone."""
