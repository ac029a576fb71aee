"""What a batch can hold: an operation on one table that is there already."""

from dataclasses import dataclass, field

from nbmigrate.operations.operation import Operation
from nbmigrate.schema import Source, call, literal


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a directive; in a batch the table and its schema are said already."""

    before_table: tuple[Source, ...] = ()
    table: str = ""
    after_table: tuple[Source, ...] = ()
    keywords: dict[str, Source] = field(default_factory=dict)
    schema: dict[str, Source] = field(default_factory=dict)


class Change(Operation):
    """An operation on one table, which `op` and a batch have a directive for."""

    __slots__ = ()

    @property
    def directive(self) -> str:
        """The name of its directive."""
        raise NotImplementedError

    def arguments(self) -> Arguments:
        """Return the arguments of its directive."""
        raise NotImplementedError

    def source(self) -> Source:
        """Return the `op` call that asks for it."""
        arguments = self.arguments()
        positional = [*arguments.before_table, literal(arguments.table), *arguments.after_table]
        return call(f"op.{self.directive}", positional, arguments.keywords | arguments.schema)

    def batch_source(self) -> Source:
        """Return the call that asks for it inside of a batch."""
        arguments = self.arguments()
        return call(
            f"batch_op.{self.directive}",
            [*arguments.before_table, *arguments.after_table],
            arguments.keywords,
        )
