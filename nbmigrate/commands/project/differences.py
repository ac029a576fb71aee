"""`differences`: what nbmigrate does otherwise than Alembic, on purpose."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from itertools import groupby
from textwrap import wrap

from nbmigrate.commands.results import html
from nbmigrate.commands.results.result import Result, Row

#: The areas that few people meet.
CORNERS = ("Version table", "Targets", "Steps", "Downgrades", "Ranges of history", "Stamp")


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference that is meant to be.

    Parameters
    ----------
    area
        What it belongs to, e.g. "SQLite".
    name
        What it is about, in a few words.
    alembic
        What alembic does.
    nbmigrate
        What nbmigrate does.
    """

    area: str
    name: str
    alembic: str
    nbmigrate: str


@dataclass(frozen=True, kw_only=True, repr=False)
class DifferencesResult(Result):
    """The differences from Alembic, those that are met first before those of corners."""

    differences: tuple[Difference, ...]

    def rows(self) -> list[Row]:
        """Return one record per difference."""
        return [
            {"area": each.area, "about": each.name, "alembic": each.alembic, "nbmigrate": each.nbmigrate}
            for each in self.differences
        ]

    def to_text(self) -> str:
        """Return them by area, each as two paragraphs."""
        lines: list[str] = []
        for area, each_of in groupby(self.differences, lambda each: each.area):
            lines += ["", area, "-" * len(area)]
            for each in each_of:
                lines += [f"{each.name}:", *_indented("alembic", each.alembic)]
                lines += _indented("nbmigrate", each.nbmigrate)
        return "\n".join(lines[1:])

    def to_html(self) -> str:
        """Return one table, the area beside the first of its rows."""
        records = [
            {
                "": "" if number else area,
                "about": each.name,
                "alembic": html.prose(each.alembic),
                "nbmigrate": html.prose(each.nbmigrate),
            }
            for area, each_of in groupby(self.differences, lambda each: each.area)
            for number, each in enumerate(each_of)
        ]
        return html.table(records, raw=("alembic", "nbmigrate"))


def _indented(whose: str, text: str) -> list[str]:
    return wrap(
        f"{whose:<9}  {text}",
        width=96,
        initial_indent="  ",
        subsequent_indent=" " * 13,
        break_on_hyphens=False,
    )


def differences(*, every: bool = False) -> DifferencesResult:
    """Return what nbmigrate does otherwise than Alembic, on purpose; no project is needed.

    Parameters
    ----------
    every
        Whether those are wanted too that few will meet: odd targets, ranges, stamps and version tables.
    """
    text = (files("nbmigrate.commands.project") / "differences.toml").read_text(encoding="utf-8")
    found = [Difference(**each) for each in tomllib.loads(text)["difference"]]
    shown = tuple(each for each in found if every or each.area not in CORNERS)
    left = len(found) - len(shown)
    note = f"{left} more concern odd targets, ranges, stamps and version tables: `differences --all`."
    return DifferencesResult(differences=shown, notes=(note,) if left else ())
