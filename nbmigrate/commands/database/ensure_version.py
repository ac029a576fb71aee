"""`ensure_version`: make the version table if it is not there."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, overload

from nbmigrate.commands.database.sql_script import SqlResult, check_script_options, sql_result, write_sql
from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result, Row
from nbmigrate.commands.results.several_databases import EachDatabase, for_each
from nbmigrate.project import Project

if TYPE_CHECKING:
    import os


@dataclass(frozen=True, kw_only=True, repr=False)
class VersionTableResult(Result):
    """Whether the version table was made, or was there already."""

    made: bool

    def rows(self) -> list[Row]:
        """Return one record."""
        return [{"made": self.made}]

    def to_text(self) -> str:
        """Return a sentence."""
        return "The version table was made." if self.made else "The version table is there already."

    def to_html(self) -> str:
        """Return a sentence."""
        return html.paragraph(html.lines(self.to_text()))


@dataclass(frozen=True, kw_only=True, repr=False)
class VersionTablesResult(EachDatabase, VersionTableResult):
    """Whether the version tables of several databases were made."""


@overload
def ensure_version(project: Project, *, sql: Literal[False] = False) -> VersionTableResult: ...
@overload
def ensure_version(
    project: Project,
    *,
    sql: bool,
    dialect: str | None = None,
    output: "str | os.PathLike[str] | None" = None,
) -> VersionTableResult | SqlResult: ...
def ensure_version(
    project: Project,
    *,
    sql: bool = False,
    dialect: str | None = None,
    output: "str | os.PathLike[str] | None" = None,
) -> VersionTableResult | SqlResult:
    """Make the version table if the database has none; its rows are left alone.

    Parameters
    ----------
    sql
        Write the statement as a script instead, without a database.
    dialect
        With `sql`, the name of the dialect that the script is for, such as "postgresql"; the database's if not given.
    output
        With `sql`, a file that the script is written into.
    """
    check_script_options(sql=sql, dialect=dialect, output=output)
    if not sql:
        found = [
            (place, VersionTableResult(made=made))
            for place, made in for_each(project, lambda context: context.ensure_version())
        ]
        last = found[-1][1]
        return last if len(found) == 1 else VersionTablesResult(made=last.made, databases=tuple(found))
    text, _, notes = write_sql(project, lambda context: context.ensure_version(), dialect=dialect)
    return sql_result(text, (), notes, output)
