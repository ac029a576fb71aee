"""`explore`: the panel with the graph, the buttons and what changed; it lives in a notebook."""

from dataclasses import dataclass, field

from nbmigrate.commands.results.result import Result, Row
from nbmigrate.project import Project


@dataclass(frozen=True, kw_only=True, repr=False)
class ExploreResult(Result):
    """A request for the panel, which a notebook answers; elsewhere it says where to find it.

    Parameters
    ----------
    project
        What to explore.
    read_only
        Whether the panel only shows, and changes nothing.
    no_run
        Whether it reads what a revision does from its source, so that nothing of a file runs.
    """

    project: Project = field(compare=False)
    read_only: bool
    no_run: bool = False

    def rows(self) -> list[Row]:
        """Return one record: what to explore, and whether only to look."""
        return [{"project": str(self.project.config.file), "read_only": self.read_only}]

    def to_text(self) -> str:
        """Return where the panel is to be had."""
        return "The explorer opens in a notebook: %migrate explore. In a terminal there are `graph` and `preview`."


def explore(project: Project, *, read_only: bool = False, no_run: bool = False) -> ExploreResult:
    """Return the request for an explorer of a project.

    Parameters
    ----------
    read_only
        Whether it only shows: for a production database.
    no_run
        Whether what a revision does is read from its source, so that nothing of its file runs before its step does. The
        setting `describe = static` says so too; it is so with `read_only` unless the setting is `run`.

    Raises
    ------
    ConfigError
        The setting is not valid.
    """
    no_run = no_run or project.config.describes_from_source(default=read_only)
    return ExploreResult(project=project, read_only=read_only, no_run=no_run)
