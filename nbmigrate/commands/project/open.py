"""`open`: open an existing project; in a notebook, the one that the cells below work on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nbmigrate.commands.results import html
from nbmigrate.commands.results.entries import notes_of
from nbmigrate.commands.results.result import Result, Row, relative
from nbmigrate.project import Project

if TYPE_CHECKING:
    from nbmigrate.environment.connectable import Connectable


@dataclass(frozen=True, kw_only=True, repr=False)
class OpenResult(Result):
    """Where a project is, and what it has.

    Parameters
    ----------
    project
        The project.
    config
        The file with its settings.
    script_location, version_locations
        The folder with env.py, and those with the revision files.
    revisions
        How many revisions there are.
    heads
        Their heads.
    engine
        What the commands work on from here on; None for the database of the settings.
    """

    project: Project = field(compare=False, repr=False)
    engine: "Connectable | None" = field(default=None, compare=False, repr=False)
    config: Path
    script_location: Path
    version_locations: tuple[Path, ...]
    revisions: int
    heads: tuple[str, ...]

    def rows(self) -> list[Row]:
        """Return one record."""
        return [
            {
                "config": str(self.config),
                "script_location": str(self.script_location),
                "version_locations": ", ".join(map(str, self.version_locations)),
                "revisions": self.revisions,
                "heads": ", ".join(self.heads),
                **({"engine": f"{self.engine.name} ({self.engine.url})"} if self.engine is not None else {}),
            }
        ]

    def to_text(self) -> str:
        """Return a line for each fact."""
        facts = self.rows()[0]
        width = max(map(len, facts))
        return "\n".join(
            f"{name.ljust(width)}  {relative(str(value))}".rstrip() for name, value in facts.items()
        )

    def to_html(self) -> str:
        """Return the facts as a table."""
        return html.facts(
            self.rows()[0], code=("config", "script_location", "version_locations", "heads", "engine")
        )


def open(  # noqa: A001 - the verb's name
    project: Project, engine: "Connectable | None" = None
) -> OpenResult:
    """Return where a project is and what it has; reads only, and runs nothing of it.

    Parameters
    ----------
    project
        The project.
    engine
        What a notebook goes on to work on instead of the database of the settings.

    Raises
    ------
    ConfigError
        The configuration names a folder that is not there.
    """
    scripts, graph = project.scripts, project.graph
    return OpenResult(
        project=project,
        engine=engine,
        config=project.config.file,
        script_location=scripts.location,
        version_locations=scripts.version_locations,
        revisions=len(graph),
        heads=graph.heads,
        notes=notes_of(graph),
        is_partial=bool(graph.problems),
    )
