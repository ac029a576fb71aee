"""`--sql`: what a command would send to the database, as a script."""

import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.config import reason, replace_file
from nbmigrate.errors import UsageError, nearest
from nbmigrate.graph.revision import ID_WIDTH
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.environment.migration_context import MigrationContext

P = ParamSpec("P")
R = TypeVar("R", bound=Result)
T = TypeVar("T")

#: A notebook shows no more characters of a script than this; all of it is in `sql`.
SHOWN = 100_000
#: SQLAlchemy's own dialects.
DIALECTS = ("sqlite", "postgresql", "mysql", "mariadb", "oracle", "mssql")


@dataclass(frozen=True, kw_only=True, repr=False)
class SqlResult(Result):
    """A script; nothing was sent to a database.

    Parameters
    ----------
    sql
        The script, for the database's own shell.
    steps
        A record for each step in it.
    file
        The file that it was written into; None for none.
    """

    sql: str
    steps: tuple[Row, ...] = ()
    file: Path | None = None

    def rows(self) -> list[Row]:
        """Return one record per step."""
        return list(self.steps)

    def to_text(self) -> str:
        """Return the script; printed with a line break after it, it is to the letter what `sql` holds.

        Of a script that was written into a file only its name is returned.
        """
        return self.sql.removesuffix("\n") if self.file is None else self._written

    def to_html(self) -> str:
        """Return the script, highlighted, and of a very long one its beginning."""
        shown = html.code(self._shown, "sql") if self.sql else ""
        if self.file is None:
            return shown
        return html.paragraph(html.lines(self._written)) + (html.details("SQL", shown) if shown else "")

    def __repr__(self) -> str:
        return self._written if self.file is not None else self._shown or super().__repr__()

    @property
    def _written(self) -> str:
        return f"The script is in {self.file}."

    @property
    def _shown(self) -> str:
        text = self.sql.rstrip("\n")
        if len(text) <= SHOWN:
            return text
        more = len(text) - SHOWN
        return f"{text[:SHOWN]}\n-- and {more:,} more characters, which are in .sql of this result"


def split_range(text: str) -> tuple[str | None, str]:
    """Return the start and the end of "a:b"; no start for "b" alone, and none for ":b".

    Raises
    ------
    UsageError
        It has no end.
    """
    starting, _, destination = text.rpartition(":") if text.count(":") == 1 else ("", "", text)
    if not destination:
        raise UsageError(
            f"{text!r} says where to start from, and not where to go.",
            "Write a target after the colon, such as head or base.",
        )
    return starting or None, destination


def refuse_range(texts: Sequence[str]) -> None:
    """Raise UsageError for "a:b" where no script is asked for."""
    for text in texts:
        if ":" in text:
            raise UsageError(
                f"Range revision not allowed: {text!r} is for --sql, which does not ask where the database stands.",
                f"Without --sql write {text.rpartition(':')[2] or 'head'!r} alone.",
            )


def takes_sql(script: Callable[..., SqlResult]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a verb take `sql=True` as well, for this release: it warns, and returns what `script` does."""

    def decorate(verb: Callable[P, R]) -> Callable[P, R]:
        @wraps(verb)
        def call(*args: Any, sql: bool = False, **options: Any) -> Any:
            named = {key: options.pop(key) for key in ("dialect", "output") if key in options}
            if not sql:
                refuse_script_options(**named)
                return verb(*args, **options)
            name = getattr(verb, "__name__", "")
            warnings.warn(f"{name}(sql=True) is {name}_sql() now.", DeprecationWarning, stacklevel=2)
            return script(*args, **named, **_without_run(options))

        return cast(Callable[P, R], call)

    return decorate


def _without_run(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options but for those of a run."""
    return {key: value for key, value in options.items() if key not in ("listener", "lock_timeout")}


def refuse_script_options(dialect: str | None = None, output: str | os.PathLike[str] | None = None) -> None:
    """Make sure that what only a script has is not given for a run.

    Raises
    ------
    UsageError
        It is.
    """
    for option, value in (("--dialect", dialect), ("-o", output)):
        if value is not None:
            raise UsageError(f"{option} is for a script of SQL.", f"Write --sql {option} {value}.")


def check_dialect(name: str | None) -> None:
    """Make sure that there is a dialect of a name, whose driver need not be installed; None is that of the database.

    Raises
    ------
    UsageError
        There is none.
    """
    if name is None:
        return
    import sqlalchemy as sa

    try:
        sa.make_url(f"{name}://").get_dialect()
    except (sa.exc.ArgumentError, ImportError) as error:
        near = nearest(name, DIALECTS)
        meant = f"Did you mean {near!r}? " if near else ""
        raise UsageError(
            f"There is no dialect {name!r}.",
            f"{meant}There are {', '.join(DIALECTS)}, and those of installed packages, such as duckdb.",
        ) from error


def sql_result(
    sql: str, steps: Sequence[Row], notes: Sequence[str], output: str | os.PathLike[str] | None
) -> SqlResult:
    """Return a script, which is written into a file first, if one is named.

    Parameters
    ----------
    output
        The file, which may be there; None for none. Where env.py writes the script itself, it is left alone.

    Raises
    ------
    UsageError
        The file cannot be written; it is as it was.
    """
    result = SqlResult(sql=sql, steps=tuple(steps), notes=tuple(notes))
    if output is None:
        return result
    if steps and not sql:
        note = f"env.py writes the script to a place of its own (output_buffer), so {output} was not written."
        return replace(result, notes=(*result.notes, note))
    file = Path(output)
    try:
        replace_file(file, sql.encode())
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {reason(error)}.", "Check the name after -o.") from error
    return replace(result, file=file)


def write_sql(
    project: Project,
    action: "Callable[[MigrationContext], T]",
    *,
    starting: str | None = None,
    target: str | None = None,
    tag: str | None = None,
    dialect: str | None = None,
) -> tuple[str, T, list[str]]:
    """Run env.py offline and return the script, what the action returned, and notes.

    Parameters
    ----------
    action
        Writes into the context that it is given.
    starting
        Where the database is said to stand.
    target, tag
        What env.py gets.
    dialect
        The name of the dialect that the script is for; that of the database if None.
    """
    from nbmigrate.dialects.registry import dialect_of
    from nbmigrate.environment.offline_context import Offline

    offline = Offline(starting, dialect=dialect)
    hints: list[str] = []

    def act(context: "MigrationContext") -> T:
        hints.append(dialect_of(context.dialect.name)(context.dialect).script_hint)
        return action(context)

    done = project.connect(act, target=target, tag=tag, offline=offline)
    text = offline.output.getvalue()
    return text, done, [*dict.fromkeys(filter(None, hints))] if text else []


def width_notes(ids: Sequence[str], *, is_new: bool) -> list[str]:
    """Return what must be known of ids that do not fit the usual column, where the script does not make the table."""
    longest = max(ids, key=len, default="")
    if is_new or len(longest) <= ID_WIDTH:
        return []
    width = len(longest)
    note = f"Revision {longest!r} has {width} characters: see that version_num is VARCHAR({width}) or more."
    return [note]
