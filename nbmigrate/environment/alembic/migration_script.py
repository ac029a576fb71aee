"""What env.py's `process_revision_directives` gets: a new revision, before its file is written."""

from collections.abc import Iterator, Sequence
from typing import Any

from nbmigrate.operations import Operation, reverse_all


class OpContainer:
    """A list of operations, in `ops`."""

    def __init__(self, ops: Sequence[Any] = ()) -> None:
        self.ops: list[Any] = list(ops)

    def is_empty(self) -> bool:
        """Whether nothing is to be done."""
        return not self.ops

    def operations(self) -> Iterator[Operation]:
        """Return the operations, those in containers too."""
        for item in self.ops:
            if isinstance(item, OpContainer):
                yield from item.operations()
            else:
                yield item


class ModifyTableOps(OpContainer):
    """The operations on one table."""

    def __init__(self, table_name: str, ops: Sequence[Any], *, schema: str | None = None) -> None:
        super().__init__(ops)
        self.table_name = table_name
        self.schema = schema


class DowngradeOps(OpContainer):
    """What the downgrade of a new revision does."""

    def __init__(self, ops: Sequence[Any] = (), downgrade_token: str = "downgrades") -> None:  # noqa: S107
        super().__init__(ops)
        self.downgrade_token = downgrade_token


class UpgradeOps(OpContainer):
    """What the upgrade of a new revision does."""

    def __init__(self, ops: Sequence[Any] = (), upgrade_token: str = "upgrades") -> None:  # noqa: S107
        super().__init__(ops)
        self.upgrade_token = upgrade_token

    def reverse(self) -> DowngradeOps:
        """Return what undoes them."""
        return DowngradeOps(reverse_all(list(self.operations())))

    def reverse_into(self, downgrade_ops: DowngradeOps) -> DowngradeOps:
        """Put what undoes them into a list that is there."""
        downgrade_ops.ops[:] = self.reverse().ops
        return downgrade_ops


class MigrationScript:
    """A revision file to write; what env.py sets here is what is written.

    Parameters
    ----------
    rev_id, message
        The id and the message.
    upgrade_ops, downgrade_ops
        What it does.
    imports
        Lines for the template.
    head, splice, branch_label, version_path, depends_on
        As the options of `revision`.
    """

    def __init__(
        self,
        rev_id: str | None,
        upgrade_ops: UpgradeOps,
        downgrade_ops: DowngradeOps,
        *,
        message: str | None = None,
        imports: set[str] | None = None,
        head: Any = None,
        splice: bool | None = None,
        branch_label: Any = None,
        version_path: Any = None,
        depends_on: Any = None,
    ) -> None:
        self.rev_id = rev_id
        self.message = message
        self.imports: set[str] = set(imports or ())
        self.head = head
        self.splice = splice
        self.branch_label = branch_label
        self.version_path = version_path
        self.depends_on = depends_on
        self.upgrade_ops = upgrade_ops
        self.downgrade_ops = downgrade_ops

    @property
    def upgrade_ops_list(self) -> list[UpgradeOps]:
        """The upgrade, in a list."""
        return [self.upgrade_ops]

    @property
    def downgrade_ops_list(self) -> list[DowngradeOps]:
        """The downgrade, in a list."""
        return [self.downgrade_ops]
