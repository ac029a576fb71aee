"""Random tables of SQLite with all that can hang on one, for tests of the rebuild."""

from dataclasses import dataclass
from random import Random
from typing import Any

NAMES = ["a", "b c", "select", "ä😀", "Ü.x", 'q"uote', "x" * 70, "d'"]
TYPES = [
    "INTEGER",
    "TEXT",
    "REAL",
    "BLOB",
    "NUMERIC",
    "VARCHAR(20)",
    "DECIMAL(10, 2)",
    "DATE",
    "",
    "BIG INT UNSIGNED",
]
STRICT_TYPES = ["INT", "INTEGER", "TEXT", "REAL", "BLOB", "ANY"]
VALUES: list[Any] = [
    None, 0, 1, -5, 2**63 - 1, -(2**63), 0.1, 1e300, "", "abc", "ABC", "12", "1.50", "a'b\"c", "zeilen\n\t", "😀ß",
    "nul\x00char", b"", b"\x00\xff", b"abc",
]  # fmt: skip


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def some(rng: Random, among: list[str]) -> list[str]:
    return rng.sample(among, rng.randint(0, len(among)))


@dataclass(frozen=True)
class ColumnParts:
    """A column, and what was said of it."""

    name: str
    type: str
    clauses: tuple[str, ...]
    generated: bool = False

    @property
    def sql(self) -> str:
        return " ".join(part for part in (quoted(self.name), self.type, *self.clauses) if part)


@dataclass(frozen=True)
class RandomTable:
    """A table, its constraints by name or text, and statements that make it with its surroundings and rows."""

    name: str
    columns: tuple[ColumnParts, ...]
    constraints: tuple[str, ...]
    named: tuple[str, ...]
    indexes: tuple[str, ...]
    script: tuple[str, ...]
    after: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Any, ...]], ...]
    strict: bool
    without_rowid: bool


def random_columns(rng: Random, strict: bool) -> list[ColumnParts]:
    names = rng.sample(NAMES, rng.randint(2, 5))
    made: list[ColumnParts] = []
    for name in names:
        type_ = rng.choice(STRICT_TYPES if strict else TYPES)
        clauses: list[str] = []
        if made and rng.randint(0, 4) == 0:
            source = rng.choice([column for column in made if not column.generated] or made[:1])
            kind = rng.choice(["STORED", "VIRTUAL", ""])
            clauses = [f"GENERATED ALWAYS AS (typeof({quoted(source.name)}) || 'x') {kind}".strip()]
            made.append(ColumnParts(name, "TEXT", tuple(clauses), True))
            continue
        if rng.choice([True, False]):
            clauses.append(f"COLLATE {rng.choice(['NOCASE', 'RTRIM', 'BINARY'])}")
        if rng.randint(0, 3) == 0:
            clauses.append("DEFAULT " + rng.choice(["5", "'it''s'", "-1.5", "(1 + 2)", "x'00ff'", "NULL"]))
        if rng.randint(0, 4) == 0:
            clauses.append("NOT NULL" + rng.choice(["", " ON CONFLICT IGNORE"]))
        if rng.randint(0, 4) == 0:
            clauses.append(f"CHECK ({quoted(name)} IS NULL OR length({quoted(name)}) < 30)")
        if rng.randint(0, 5) == 0:
            clauses.append("UNIQUE" + rng.choice(["", " ON CONFLICT REPLACE"]))
        made.append(ColumnParts(name, type_, tuple(clauses)))
    return made


def _type_and_clauses(text: str) -> tuple[str, tuple[str, ...]]:
    type_, _, clauses = text.partition(" ")
    return type_, (clauses,) if clauses else ()


def random_table(rng: Random) -> RandomTable:
    strict, without_rowid = rng.choice([True, False]), rng.randint(0, 3) == 0
    name = rng.choice(["t", "order", "my table", "ta'ble", "_nbmigrate_old", "😀"])
    made = random_columns(rng, strict)
    keys = ["INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER CONSTRAINT pk PRIMARY KEY"]
    key = keys[0] if without_rowid else rng.choice([*keys, "TEXT", "INT"])
    made.insert(rng.randint(0, len(made)), ColumnParts("id", *_type_and_clauses(key)))
    action = rng.choice(["", "ON DELETE CASCADE", "ON DELETE SET NULL ON UPDATE CASCADE", "ON DELETE RESTRICT",
                                   "DEFERRABLE INITIALLY DEFERRED"])  # fmt: skip
    made.append(ColumnParts("ref", "INTEGER", (f"REFERENCES parent {action}".strip(),)))
    is_key = "PRIMARY" in key
    if is_key and rng.choice([True, False]):
        made.append(ColumnParts("self", "INTEGER", (f"REFERENCES {quoted(name)}(id) {action}".strip(),)))
    plain = [column.name for column in made if not column.generated]
    pool = {
        "u1": f"CONSTRAINT u1 UNIQUE ({quoted(plain[0])}, {quoted(plain[1])})",
        "c1": f"CONSTRAINT [c1] CHECK ({quoted(plain[0])} IS NOT 'never')",
        "f1": 'CONSTRAINT "f1" FOREIGN KEY(ref) REFERENCES parent (id) ON DELETE CASCADE',
        "": f"CHECK ({quoted(name)}.{quoted(plain[1])} IS NOT 'never') /* without a name */",
    }
    named = some(rng, sorted(pool))
    return _scripted(
        rng, name, made, {each: pool[each] for each in named}, strict, without_rowid, is_key, action
    )


def _scripted(
    rng: Random, name: str, made: list[ColumnParts], constraints: dict[str, str], strict: bool,
    without_rowid: bool, is_key: bool, action: str,
) -> RandomTable:  # fmt: skip
    table, plain = quoted(name), [column.name for column in made if not column.generated]
    separator = rng.choice([", ", ",\n  ", ", -- a comment\n  ", " /* b */ ,"])
    options = ", ".join(["STRICT"] * strict + ["WITHOUT ROWID"] * without_rowid)
    body = separator.join([*(column.sql for column in made), *constraints.values()])
    first = quoted(plain[0])
    indexes = {
        "ix_desc": f"CREATE INDEX ix_desc ON {table} ({quoted(plain[1])} DESC, {first} COLLATE NOCASE)",
        "ix_part": f"CREATE INDEX ix_part ON {table}({first}) WHERE {first} IS NOT NULL",
        "ix_qual": f"CREATE INDEX ix_qual ON {table}({first}) WHERE {table}.{first} > 5",
        "ix_expr": f'CREATE INDEX "ix_expr" ON {table} (lower({first}), typeof({quoted(plain[-1])}))',
    }
    chosen = some(rng, sorted(indexes))
    script = [
        "CREATE TABLE parent (id INTEGER PRIMARY KEY, note TEXT)",
        "INSERT INTO parent VALUES (1, 'one'), (2, NULL)",
        "CREATE TABLE log (what, who)",
        f"CREATE TABLE {table} ({body}) {options}".strip(),
        *(indexes[each] for each in chosen),
    ]
    if is_key:
        script.append(f"CREATE TABLE child (n INTEGER PRIMARY KEY, t_id REFERENCES {table} (id) {action})")
    after = [
        f"CREATE VIEW shown AS SELECT {first} AS one, count(*) FROM {table} GROUP BY 1",
        f"CREATE TRIGGER on_insert AFTER INSERT ON {table} BEGIN INSERT INTO log VALUES ('in', new.id); END",
        f"CREATE TRIGGER on_delete BEFORE DELETE ON {table} WHEN old.id > 0 BEGIN DELETE FROM log; END",
        f"CREATE TRIGGER of_log AFTER INSERT ON log BEGIN DELETE FROM {table} WHERE id = -77; END",
        "CREATE TRIGGER of_view INSTEAD OF INSERT ON shown BEGIN INSERT INTO log VALUES ('view', new.one); END",
        f"CREATE TEMP TRIGGER for_now AFTER UPDATE ON {table} BEGIN INSERT INTO log VALUES ('up', new.id); END",
    ]
    rows = []
    for number in range(rng.randint(0, 6)):
        values = {column: rng.choice(VALUES) for column in plain}
        values["id"] = number * 3 + 1
        values["ref"] = rng.choice([None, 1, 2, 99])
        if "self" in values:
            values["self"] = rng.choice([None, number * 3 + 1, 1])
        rows.append((tuple(values), tuple(values.values())))
    used = sorted(some(rng, after), key=after.index)
    if after[0] not in used:
        used = [each for each in used if "of_view" not in each]
    return RandomTable(
        name, tuple(made), tuple(constraints.values()), tuple(each for each in constraints if each), tuple(chosen),
        tuple(script), tuple(used), tuple(rows), strict, without_rowid,
    )  # fmt: skip
