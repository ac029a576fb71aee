"""`ensure_version`: make the version table if it is not there."""

from dataclasses import dataclass
from typing import Literal, overload

from nbmigrate.commands import html
from nbmigrate.commands.databases import EachDatabase, for_each
from nbmigrate.commands.offline import SqlResult, write_sql
from nbmigrate.commands.result import Result, Row
from nbmigrate.project import Project


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
def ensure_version(project: Project, *, sql: bool) -> VersionTableResult | SqlResult: ...
def ensure_version(project: Project, *, sql: bool = False) -> VersionTableResult | SqlResult:
    """Make the version table if the database has none; its rows are left alone.

    Parameters
    ----------
    sql
        Write the statement as a script instead, without a database.
    """
    if not sql:
        found = [
            (place, VersionTableResult(made=made))
            for place, made in for_each(project, lambda context: context.ensure_version())
        ]
        last = found[-1][1]
        return last if len(found) == 1 else VersionTablesResult(made=last.made, databases=tuple(found))
    text, _, notes = write_sql(project, lambda context: context.ensure_version())
    return SqlResult(sql=text, notes=tuple(notes))
