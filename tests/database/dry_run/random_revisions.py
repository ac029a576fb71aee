"""Random revisions that a database takes, as source: tables, columns, constraints, indexes, types and rows."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

HEAD = """import sqlalchemy as sa
from nbmigrate import op


def upgrade():
"""
#: By the word of a type in the model: its source, another type that it may become, and a default.
TYPES = {
    "int": ("sa.Integer()", "sa.BigInteger()", "'5'"),
    "short": ("sa.String(20)", "sa.String(60)", "'it\\'s'"),
    "text": ("sa.Text()", None, None),
    "money": ("sa.Numeric(8, 2)", "sa.Numeric(12, 2)", "sa.text('1.50')"),
    "yes": ("sa.Boolean()", None, "sa.false()"),
    "mood": ("sa.Enum('low', 'high', name='mood')", None, "'low'"),
    "when": ("sa.DateTime()", None, "sa.func.now()"),
}
NAMES = ("a", "b", "order", "Mixed", "ä", "size", "note", "x y")


@dataclass
class Column:
    """A column of the model."""

    name: str
    type: str
    #: Whether a constraint, an index or a key has it.
    is_used: bool = False
    is_wide: bool = False


@dataclass
class Table:
    """A table of the model: its columns but for `id` and `n`, and its constraints and indexes by their kinds."""

    name: str
    columns: list[Column]
    constraints: dict[str, str] = field(default_factory=dict)
    indexes: list[str] = field(default_factory=list)
    refers_to: set[str] = field(default_factory=set)

    def comparable(self) -> list[Column]:
        """Return the columns that an index can have; MariaDB gives that of a foreign key one of its own."""
        kinds = ("int", "money", "short")
        return [column for column in self.columns if column.type in kinds and column.name != "ref"]

    def free(self) -> list[Column]:
        """Return the columns that nothing else has."""
        return [column for column in self.columns if not column.is_used]


class Writer:
    """Writes the revisions of one history.

    Parameters
    ----------
    chance
        What is drawn from.
    database
        "sqlite", "postgresql" or "mariadb".
    """

    def __init__(self, chance: random.Random, database: str) -> None:
        self.chance = chance
        self.database = database
        self.tables: list[Table] = []
        self._number = 0

    def revision(self) -> str:
        """Return the source of the next revision."""
        lines: list[str] = []
        least = self.chance.randint(1, 3)
        while len(lines) < least:
            lines += self._action()
        return HEAD + "".join(f"    {line}\n" for line in lines)

    def _action(self) -> list[str]:
        if len(self.tables) < 2:
            return [self._create_table()]
        actions: list[Callable[[], Iterator[str]]] = [
            self._change,
            self._change,
            self._batch,
            self._batch,
            self._rows,
            self._own_sql,
            self._table,
        ]
        return list(self.chance.choice(actions)())

    # Names and columns

    def _new(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}{self._number}"

    def _column(self, name: str) -> Column:
        return Column(name, self.chance.choice(sorted(TYPES)))

    def _column_source(self, column: Column) -> str:
        source, _, default = TYPES[column.type]
        options = [repr(column.name), source]
        # Rows may be in the table.
        if default is not None and self.chance.random() < 0.5:
            options += [f"server_default={default}", f"nullable={self.chance.choice(('True', 'False'))}"]
        if self.chance.random() < 0.2:
            options.append("comment='50% :x'")
        return f"sa.Column({', '.join(options)})"

    def _unused_name(self, table: Table) -> str:
        taken = {column.name for column in table.columns}
        free = [name for name in NAMES if name not in taken]
        return self.chance.choice(free) if free else self._new("c")

    # Tables

    def _create_table(self) -> str:
        table = Table(self.chance.choice(("t", "T", "order ")).strip() + self._new("_"), [])
        parts = ["sa.Column('id', sa.Integer, primary_key=True)", "sa.Column('n', sa.Integer)"]
        for name in self.chance.sample(NAMES, self.chance.randint(1, 5)):
            column = self._column(name)
            parts.append(self._column_source(column)[:-1])
            if column.type in ("int", "money", "short") and self.chance.random() < 0.3:
                column.is_used = True
                parts[-1] += f", {self.chance.choice(('index=True', 'unique=True'))}"
            parts[-1] += ")"
            table.columns.append(column)
        if self.tables and self.chance.random() < 0.4:
            other = self.chance.choice(self.tables)
            name = self._new("fk")
            parts += [
                "sa.Column('ref', sa.Integer)",
                f"sa.ForeignKeyConstraint(['ref'], ['{other.name}.id'], name='{name}')",
            ]
            table.columns.append(Column("ref", "int", is_used=True))
            table.constraints[name] = "foreignkey"
            table.refers_to.add(other.name)
        if self.chance.random() < 0.3:
            name = self._new("ck")
            parts.append(f"sa.CheckConstraint('n > 0', name='{name}')")
            table.constraints[name] = "check"
        if self.chance.random() < 0.2:
            parts.append("comment='all of it'")
        self.tables.append(table)
        return f"op.create_table({table.name!r}, {', '.join(parts)})"

    def _table(self) -> Iterator[str]:
        table = self.chance.choice(self.tables)
        referred = {name for each in self.tables for name in each.refers_to}
        kind = self.chance.choice(("create", "create", "drop", "rename", "comment"))
        if kind == "drop" and table.name not in referred and len(self.tables) > 2:
            self.tables.remove(table)
            yield f"op.drop_table({table.name!r})"
        elif kind == "rename":
            old, table.name = table.name, self._new("renamed_")
            for each in self.tables:
                if old in each.refers_to:
                    each.refers_to = (each.refers_to - {old}) | {table.name}
            yield f"op.rename_table({old!r}, {table.name!r})"
        elif kind == "comment" and self.database != "sqlite":
            yield f"op.create_table_comment({table.name!r}, 'it''s new')"
        elif len(self.tables) < 6:
            yield self._create_table()

    # Changes

    def _change(self) -> Iterator[str]:
        table = self.chance.choice(self.tables)
        for method, words in self._changes(table):
            yield f"op.{method}({', '.join(self._with_table(method, table, words))})"

    def _batch(self) -> Iterator[str]:
        table = self.chance.choice(self.tables)
        changes = [each for _ in range(self.chance.randint(1, 4)) for each in self._changes(table)]
        if not changes:
            return
        options = ", recreate='always'" if self.chance.random() < 0.1 else ""
        yield f"with op.batch_alter_table({table.name!r}{options}) as batch_op:"
        for method, words in changes:
            yield f"    batch_op.{method}({', '.join(words)})"

    def _with_table(self, method: str, table: Table, words: list[str]) -> list[str]:
        second = method.startswith("create") or method == "drop_constraint"
        if method == "drop_index":
            return [words[0], repr(table.name)]
        at = 1 if second else 0
        return [*words[:at], repr(table.name), *words[at:]]

    def _changes(self, table: Table) -> Iterator[tuple[str, list[str]]]:
        kinds = {
            "add": self._add_column,
            "drop": self._drop_column,
            "alter": self._alter_column,
            "index": self._index,
            "constraint": self._constraint,
        }
        yield from kinds[self.chance.choice(("add", "drop", "alter", "alter", "index", "constraint"))](table)

    def _add_column(self, table: Table) -> Iterator[tuple[str, list[str]]]:
        column = self._column(self._unused_name(table))
        source = self._column_source(column)
        if self.database == "sqlite":
            # SQLite adds no column whose default is computed to a table with rows.
            source = source.replace("server_default=sa.func.now(), nullable=False", "nullable=True")
        table.columns.append(column)
        yield "add_column", [source]

    def _drop_column(self, table: Table) -> Iterator[tuple[str, list[str]]]:
        free = table.free()
        if len(free) > 1:
            column = self.chance.choice(free)
            table.columns.remove(column)
            yield "drop_column", [repr(column.name)]

    def _alter_column(self, table: Table) -> Iterator[tuple[str, list[str]]]:
        free = table.free()
        if not free:
            return
        column = self.chance.choice(free)
        source, wider, default = TYPES[column.type]
        words = [repr(column.name)]
        kind = self.chance.choice(("null", "type", "default", "name", "comment"))
        if kind == "type" and wider and not column.is_wide:
            column.is_wide = True
            words.append(f"type_={wider}")
        elif kind == "default" and default:
            words.append(f"server_default={self.chance.choice((default, 'None'))}")
        elif kind == "name":
            column.name = self._unused_name(table)
            words.append(f"new_column_name={column.name!r}")
        elif kind == "comment" and self.database != "sqlite":
            words.append(f"comment={self.chance.choice(('None', repr('new')))}")
        else:
            words.append("nullable=True")
        if self.chance.random() < 0.5:
            words.append(f"existing_type={wider if column.is_wide and kind != 'type' else source}")
        yield "alter_column", words

    def _index(self, table: Table) -> Iterator[tuple[str, list[str]]]:
        able = table.comparable()
        if table.indexes and self.chance.random() < 0.4:
            yield "drop_index", [repr(table.indexes.pop())]
        elif able:
            column, name = self.chance.choice(able), self._new("ix")
            column.is_used = True
            table.indexes.append(name)
            yield "create_index", [repr(name), f"[{column.name!r}]"]

    def _constraint(self, table: Table) -> Iterator[tuple[str, list[str]]]:
        if table.constraints and self.chance.random() < 0.4:
            name, kind = table.constraints.popitem()
            yield "drop_constraint", [repr(name), f"type_={kind!r}"]
            return
        name = self._new("k")
        able = table.comparable()
        if not able or self.chance.random() < 0.4:
            table.constraints[name] = "check"
            yield "create_check_constraint", [repr(name), "'n > -1'"]
        else:
            column = self.chance.choice(able)
            column.is_used = True
            table.constraints[name] = "unique"
            yield "create_unique_constraint", [repr(name), f"[{column.name!r}, 'n']"]

    # Rows and SQL of the revision's own

    def _rows(self) -> Iterator[str]:
        table = self.chance.choice(self.tables)
        able = [column for column in table.columns if column.type in ("short", "text")]
        if not able or self.database == "postgresql":
            return
        column = self.chance.choice(able)
        names = f"sa.table({table.name!r}, sa.column({column.name!r}, sa.String))"
        yield f"op.execute({names}.update().values({{{column.name!r}: 'a:b%'}}))"

    def _own_sql(self) -> Iterator[str]:
        name = self._new("own_")
        yield f"op.execute('CREATE TABLE {name} (n INTEGER)')"
        rows = ", ".join(f"{{'n': {n}}}" for n in range(self.chance.randint(1, 3)))
        kind = self.chance.choice(("bulk", "bind", "inspect", "none"))
        if kind == "bulk":
            yield f"op.bulk_insert(sa.table({name!r}, sa.column('n', sa.Integer)), [{rows}])"
        elif kind == "bind":
            yield f"op.get_bind().execute(sa.text('INSERT INTO {name} VALUES (:n)'), {{'n': 7}})"
        elif kind == "inspect":
            yield f"if sa.inspect(op.get_bind()).has_table({name!r}):"
            yield f"    op.execute('DELETE FROM {name}')"
