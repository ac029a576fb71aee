"""What every operation can do."""

from dataclasses import dataclass, field

from nbmigrate.errors import IrreversibleError
from nbmigrate.schema import Source, call, literal


class Operation:
    """One thing a migration asks for, as a value: it compares with `==` and touches nothing."""

    __slots__ = ()

    @property
    def table_name(self) -> str | None:
        """The table it is about, with the schema before it if any; None when that is not known."""
        return None

    def parts(self) -> "tuple[Operation, ...]":
        """Return the operations that it consists of."""
        return (self,)

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        raise NotImplementedError

    def reverse(self) -> "Operation":
        """Return the operation that undoes it.

        Raises
        ------
        IrreversibleError
            When nothing known does.
        """
        raise NotImplementedError

    def source(self) -> Source:
        """Return the `op` call that asks for it, and the imports the call needs beside `op` and `sa`."""
        raise NotImplementedError

    def render(self) -> str:
        """Return the `op` call that asks for it."""
        return self.source().text


def irreversible(directive: str, what: str, why: str, remedy: str = "") -> IrreversibleError:
    """Return the error for an `op.directive(what)` that no downgrade can be generated for, and its remedy."""
    own = "write def downgrade() yourself."
    hint = f"{remedy}, or {own}" if remedy else own.capitalize()
    return IrreversibleError(
        f"No downgrade can be generated for op.{directive}({what}), because {why}.", hint
    )


def fullname(name: str, schema: str | None) -> str:
    """Return the name with the schema before it if any."""
    return name if schema is None else f"{schema}.{name}"


def enumerated(names: "list[str] | tuple[str, ...]") -> str:
    """Return names as in a sentence: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


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
