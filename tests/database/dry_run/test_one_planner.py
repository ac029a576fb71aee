"""What is shown is what runs: a run, a preview, a rehearsal and `--sql` have the same texts."""

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa

from nbmigrate import Project, commands
from nbmigrate.commands.database.preview import StepPreview
from nbmigrate.database.dry_run.rehearsal import rehearsing
from nbmigrate.operations import Operation
from tests.database.conftest import NewDatabase
from tests.database.dry_run.random_revisions import Writer

#: How many histories, and how many revisions each has; a server takes longer for each.
HISTORIES = {"sqlite": 10, "postgresql": 5, "mariadb": 5}
LENGTH = 10
QUESTION = re.compile(r"SELECT pg_catalog|PRAGMA main\.table_info|DESCRIBE")
SEED = 20261201
#: What may differ, and the largest share of the revisions in which it does.
BOUNDS = {
    # `--sql` has no database, and what a revision is sent depends on the tables.
    "refused": {"sqlite": 0.6, "postgresql": 0.15, "mariadb": 0.3},
    # The types of a column may have been made before the script begins: it makes them if they are missing.
    "type made if missing": {"postgresql": 0.1},
    # The rebuild of a table that a step before it changes, in a preview of both.
    "not known yet": {"postgresql": 0.15},
    # Columns of a table that the run makes, in the words of the revision; the server answers in its own.
    "as the revision has it": {"mariadb": 0.3},
    # Without a database a column is what the revision has of it, and is written whole.
    "without the stored column": {"mariadb": 0.25},
}
#: What MariaDB answers for what a revision writes in a column, in lower case.
ANSWERS = {
    r"\binteger\b": "int(11)",
    r"\bbigint\b(?!\()": "bigint(20)",
    r"\bbool\b": "tinyint(1)",
    r"\bnumeric\((\d+), (\d+)\)": r"decimal(\1,\2)",
    r"\(now\(\)\)": "current_timestamp()",
    r"\bdefault false\b": "default 0",
    r"\bdefault \(?'?([\d.]+)'?\)?": r"default \1",
    r" default null\b": "",
    r"(?<!not) null\b": "",
}
WHOLE_COLUMN = re.compile(r"ALTER TABLE (?:`[^`]+`|\S+) (?:MODIFY|CHANGE|RENAME COLUMN) ")


def histories(folder: Path, database: str) -> Iterator[tuple[Path, list[str]]]:
    for number in range(HISTORIES[database]):
        writer = Writer(random.Random(SEED + number), database)
        yield folder / str(number), [writer.revision() for _ in range(LENGTH)]


def make_project(folder: Path, url: str, sources: list[str]) -> Project:
    folder.mkdir()
    commands.init(folder / "migrations", url=url, ini=folder / "nbmigrate.ini")
    for number, source in enumerate(sources):
        below = repr(f"r{number - 1:02}") if number else None
        text = f'"""revision"""\nrevision = "r{number:02}"\ndown_revision = {below}\n{source}'
        (folder / "migrations" / "versions" / f"r{number:02}.py").write_text(text)
    return Project.open(folder / "nbmigrate.ini")


def own(texts: Iterable[str]) -> list[str]:
    """Return statements without those of the version table and the questions of `sa.inspect`, which are not planned."""
    return [text for text in texts if "alembic_version" not in text and not QUESTION.match(text)]


def as_script(texts: Iterable[str]) -> list[str]:
    """Return what a script has for statements: it has one INSERT for each row."""
    found: list[str] = []
    for text in texts:
        into, _, rows = text.partition(" VALUES\n    ")
        found += [f"{into} VALUES {row}" for row in rows.split(",\n    ")] if rows else [text]
    return found


def as_answered(text: str) -> str | list[str]:
    """Return a statement for a whole column in the words of the server, whose clauses have another order."""
    if WHOLE_COLUMN.match(text) is None:
        return text
    text = text.lower()
    for written, answered in ANSWERS.items():
        text = re.sub(written, answered, text)
    return sorted(text.split())


def difference(name: str, sent: list[str], texts: list[str]) -> str:
    """Return which of the differences it is that may be; "" if the texts are equal.

    Raises
    ------
    ValueError
        It is another one.
    """
    if texts == sent:
        return ""
    if any(text.endswith("its statements are not known yet") for text in texts):
        return "not known yet"
    if name != "--sql":
        if [*map(as_answered, texts)] == [*map(as_answered, sent)]:
            return "as the revision has it"
    elif any(text.startswith("DO $$") for text in texts):
        if [text for text in texts if not is_type(text)] == [text for text in sent if not is_type(text)]:
            return "type made if missing"
    elif [text for text in texts if not WHOLE_COLUMN.match(text)] == [
        text for text in sent if not WHOLE_COLUMN.match(text)
    ]:
        return "without the stored column"
    raise ValueError


def is_type(text: str) -> bool:
    return text.startswith(("DO $$", "CREATE TYPE"))


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"])
def test_histories(database: str, new_database: NewDatabase, tmp_path: Path) -> None:
    counts, differences = Counter[str](), list[str]()
    for folder, sources in histories(tmp_path, database):
        url = f"sqlite:///{folder}.db" if database == "sqlite" else new_database(database)
        project = make_project(folder, url, sources)
        whole = commands.preview(project, "upgrade", "heads").steps
        written = commands.preview(project, "base:heads", dialect=database).steps
        for number, source in enumerate(sources):
            sent, others = run_one(project)
            others |= {"preview of all": found(whole[number]), "--sql": found(written[number])}
            if written[number].problem:
                counts["refused"] += 1
                others.pop("--sql")
            kinds = set[str]()
            for name, texts in others.items():
                expected = as_script(sent) if name == "--sql" else sent
                try:
                    kinds.add(difference(name, expected, texts))
                except ValueError:
                    differences.append("\n".join([source, "sent:", *expected, f"{name}:", *texts]))
            counts.update(kinds - {""})
    assert not differences, f"{len(differences)} differences\n\n" + "\n\n".join(differences)
    revisions = HISTORIES[database] * LENGTH
    allowed = {kind: bounds.get(database, 0) * revisions for kind, bounds in BOUNDS.items()}
    print(counts)
    assert {kind: count for kind, count in counts.items() if count > allowed[kind]} == {}


def run_one(project: Project) -> tuple[list[str], dict[str, list[str]]]:
    """Run the next revision; return its statements, and those that were shown before."""
    (step,) = commands.preview(project, "upgrade", "+1").steps
    rehearsed = project.connect(lambda context: rehearse(context.connection, step.operations))
    (done,) = commands.upgrade(project, "+1").steps
    return own(each.text for each in done.statements), {"preview": found(step), "rehearsal": rehearsed}


def rehearse(connection: sa.Connection, operations: Sequence[Operation]) -> list[str]:
    with rehearsing(connection) as rehearsal:
        return [statement.text for statement in rehearsal.statements(operations)]


def found(step: StepPreview) -> list[str]:
    return [*step.statements, *([step.problem] if step.problem else [])]
