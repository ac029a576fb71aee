"""What env.py's `on_version_apply` is told of a step."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbmigrate.environment.alembic.script import Script
    from nbmigrate.environment.alembic.script_directory import AlembicScripts
    from nbmigrate.graph.plan import Step
    from nbmigrate.graph.stamp import StampStep


@dataclass(frozen=True, slots=True)
class MigrationInfo:
    """One step, under Alembic's names.

    Parameters
    ----------
    is_upgrade
        Whether it goes up; a stamp too goes up or down.
    is_stamp
        Whether only the version rows are changed.
    up_revision_ids, down_revision_ids
        The revisions at its upper and at its lower end.
    revision_map
        The revision files.
    """

    is_upgrade: bool
    is_stamp: bool
    up_revision_ids: tuple[str, ...]
    down_revision_ids: tuple[str, ...]
    revision_map: "AlembicScripts" = field(repr=False)

    @property
    def is_migration(self) -> bool:
        """Whether a revision is run."""
        return not self.is_stamp

    @property
    def up_revision_id(self) -> str | None:
        """The revision at the upper end, or the first one there."""
        return next(iter(self.up_revision_ids), None)

    @property
    def source_revision_ids(self) -> tuple[str, ...]:
        """Where the step comes from."""
        return self.down_revision_ids if self.is_upgrade else self.up_revision_ids

    @property
    def destination_revision_ids(self) -> tuple[str, ...]:
        """Where the step goes to."""
        return self.up_revision_ids if self.is_upgrade else self.down_revision_ids

    @property
    def up_revision(self) -> "Script | None":
        """The revision at the upper end."""
        return self.revision_map.get_revision(self.up_revision_id)

    @property
    def up_revisions(self) -> "tuple[Script, ...]":
        """The revisions at the upper end."""
        return self.revision_map.get_revisions(self.up_revision_ids)

    @property
    def down_revisions(self) -> "tuple[Script, ...]":
        """The revisions at the lower end."""
        return self.revision_map.get_revisions(self.down_revision_ids)

    @property
    def source_revisions(self) -> "tuple[Script, ...]":
        """The revisions that the step comes from."""
        return self.revision_map.get_revisions(self.source_revision_ids)

    @property
    def destination_revisions(self) -> "tuple[Script, ...]":
        """The revisions that the step goes to."""
        return self.revision_map.get_revisions(self.destination_revision_ids)


def migration_info(step: "Step", scripts: "AlembicScripts") -> MigrationInfo:
    """Return what is told of a step that ran a revision."""
    revision = step.revision
    # As in Alembic: what the revision depends on is below it too.
    below = tuple(dict.fromkeys((*revision.down_revisions, *scripts.graph.dependencies(revision.id))))
    return MigrationInfo(step.direction == "upgrade", False, (revision.id,), below, scripts)


def stamp_info(step: "StampStep", scripts: "AlembicScripts") -> MigrationInfo:
    """Return what is told of a step of a stamp."""
    graph = scripts.graph
    goes_up = bool(step.destination) and not any(
        id_ in graph.descendants(step.destination) for id_ in step.source
    )
    up, down = (step.destination, step.source) if goes_up else (step.source, step.destination)
    return MigrationInfo(goes_up, True, up, down, scripts)


def callbacks_of(opts: Mapping[str, Any]) -> tuple[Callable[..., Any], ...]:
    """Return the functions that env.py gave as `on_version_apply`: one, or several."""
    given = opts.get("on_version_apply") or ()
    return tuple(given) if isinstance(given, Iterable) else (given,)
