"""What a database knows of its tables and SQLAlchemy's inspector does not return."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ColumnDetails:
    """What there is to know of a column besides.

    Parameters
    ----------
    type
        Its type as SQL, where SQLAlchemy has no word for it; else empty.
    default
        Its default as SQL, where SQLAlchemy finds none; else None.
    computed
        As SQL, what it is computed by and how: in the place of what SQLAlchemy finds; None to leave that.
    words
        What else its definition has, as AUTO_INCREMENT.
    """

    type: str = ""
    default: str | None = None
    computed: str | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OtherConstraint:
    """A constraint or an index that SQLAlchemy does not find; the fields are those of `ConstraintDescription`."""

    kind: str
    name: str
    columns: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class TableDetails:
    """What there is to know of a table besides.

    Parameters
    ----------
    columns
        Its columns, by name.
    constraints
        Constraints and indexes.
    lacks
        The methods of an inspector that find nothing for it, so that they need not be asked.
    """

    columns: dict[str, ColumnDetails] = field(default_factory=dict)
    constraints: list[OtherConstraint] = field(default_factory=list)
    lacks: set[str] = field(default_factory=set)


def computed(expression: str, kind: str) -> str:
    """Return how a column is computed, as SQL; `kind` is STORED or VIRTUAL."""
    return f"GENERATED ALWAYS AS ({expression}) {kind}"
