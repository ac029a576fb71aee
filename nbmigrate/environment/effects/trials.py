"""What revisions were found to do when they were tried out, so that one content of a file is run once."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nbmigrate.graph.plan import Direction
from nbmigrate.graph.revision import Revision

if TYPE_CHECKING:
    from nbmigrate.environment.migration_context import MigrationContext
    from nbmigrate.operations import Operation


@dataclass(frozen=True, slots=True)
class PlannedRevision:
    """What a function of a revision would do.

    Parameters
    ----------
    operations
        Its operations, and the statements that it would send itself.
    statements
        The SQL, up to what only a run knows.
    problem
        Why that is not all; empty where it is.
    """

    operations: "tuple[Operation, ...]"
    statements: tuple[str, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a trial depends on besides the content of the file, where the function asks for more than `op` does.

    Parameters
    ----------
    database
        The database, its secrets masked.
    heads
        Where it stands.
    target
        What the run is given.
    """

    database: str
    heads: frozenset[str]
    target: str | None


@dataclass(frozen=True, slots=True)
class Trial:
    """What was found in one trial.

    Parameters
    ----------
    content
        What the file and the arguments of its function were, as a hash.
    found
        What was found.
    circumstances
        Those that it depends on; None where the operations are the same in all.
    """

    content: str
    found: PlannedRevision
    circumstances: Circumstances | None


@dataclass(slots=True)
class Trials:
    """The trials of one project, the last one of each function."""

    _kept: dict[tuple[str, Direction], Trial] = field(default_factory=dict)

    def get(
        self,
        context: "MigrationContext",
        revision: Revision,
        direction: Direction,
        circumstances: Circumstances,
    ) -> Trial | None:
        """Return the trial of a function, if its file has not changed since nor what the trial depends on."""
        trial = self._kept.get((revision.id, direction))
        if trial is None or trial.content != _content(context, revision):
            return None
        return trial if trial.circumstances in (None, circumstances) else None

    def keep(
        self,
        context: "MigrationContext",
        revision: Revision,
        direction: Direction,
        found: PlannedRevision,
        circumstances: Circumstances | None,
    ) -> None:
        """Keep what was found, until the file is another."""
        if content := _content(context, revision):
            self._kept[revision.id, direction] = Trial(content, found, circumstances)

    def forget_dependent(self) -> None:
        """Forget what depends on more than the content of a file: tables may be others by now."""
        self._kept = {key: trial for key, trial in self._kept.items() if trial.circumstances is None}


def _content(context: "MigrationContext", revision: Revision) -> str:
    """Return a hash of a file and of what its functions are given; empty where the file has no text."""
    content = context.script.content(revision)
    if content is None:
        return ""
    arguments: Mapping[str, Any] = context.run_arguments or {}
    given = repr((str(revision.path), context.as_sql, sorted(arguments.items(), key=lambda item: item[0])))
    return hashlib.sha256(content + given.encode("utf-8", "backslashreplace")).hexdigest()
