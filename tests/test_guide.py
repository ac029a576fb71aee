"""README's "Where to add something" is true: a verb and an operation are added to a copy of the package."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Where to add something")[2]

VERB = '''"""`total`: how many revisions there are."""

from dataclasses import dataclass

from nbmigrate.commands.results.result import Result
from nbmigrate.project import Project


@dataclass(frozen=True)
class TotalResult(Result):
    """How many revisions there are."""

    number: int

    def to_text(self) -> str:
        """Return the number."""
        return str(self.number)


def total(project: Project) -> TotalResult:
    """Return how many revisions there are."""
    return TotalResult(len(project.graph))
'''
OPERATION = '''

@dataclass(frozen=True, slots=True)
class AnalyzeTable(Operation):
    """Let the database count what a table holds."""

    name: str

    @property
    def table_name(self) -> str:
        """The table."""
        return self.name

    def describe(self) -> str:
        """Return what it does, as a sentence."""
        return f"Analyze table {self.name}."

    def source(self) -> Source:
        """Return the `op` call that asks for it."""
        return call("op.analyze_table", [literal(self.name)])
'''
DIRECTIVE = '''
    def analyze_table(self, table_name: str) -> None:
        """Let the database count what a table holds."""
        from nbmigrate.operations.tables import AnalyzeTable

        self._do(AnalyzeTable(table_name))

    def rename_table('''
ELEMENT = '''
    def analyze_table(self, operation: ops.AnalyzeTable) -> Elements:
        """Yield ANALYZE."""
        yield Alteration(lambda ddl: f"ANALYZE {ddl.preparer.quote(operation.name)}")

    def rename_table('''


class Copy:
    """A copy of the package, which is edited."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(
            ROOT / "nbmigrate", folder / "nbmigrate", ignore=shutil.ignore_patterns("__pycache__")
        )

    def write(self, named: str, path: str, text: str) -> None:
        """Make a file, in a folder that the guide names."""
        assert named in GUIDE
        (self.folder / "nbmigrate" / path).write_text(text, encoding="utf-8")

    def edit(self, named: str, path: str, old: str, new: str) -> None:
        """Replace a text that a file has once; the guide names the file."""
        assert f"`{named}`" in GUIDE
        place = self.folder / "nbmigrate" / path
        text = place.read_text(encoding="utf-8")
        assert text.count(old) == 1, (path, old)
        place.write_text(text.replace(old, new), encoding="utf-8")

    def append(self, named: str, path: str, text: str) -> None:
        """Put a text at the end of a file that the guide names."""
        assert f"`{named}`" in GUIDE
        with (self.folder / "nbmigrate" / path).open("a", encoding="utf-8") as file:
            file.write(text)

    def run(self, *words: str) -> str:
        """Run `nbmigrate` of the copy, in its folder."""
        done = subprocess.run(
            [sys.executable, "-m", "nbmigrate", *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_a_verb(copy: Copy) -> None:
    copy.write("commands/<group>/", "commands/history/total.py", VERB)
    row = '    Verb("heads", "history", "history.heads",'
    total = '    Verb("total", "history", "history.total", "count the revisions"),\n'
    copy.edit("commands/verbs.py", "commands/verbs.py", row, total + row)
    line = "    from nbmigrate.commands.history.heads import branches as branches\n"
    typed = "    from nbmigrate.commands.history.total import total as total\n"
    copy.edit("commands/__init__.py", "commands/__init__.py", line, line + typed)
    declared = "@declares\ndef _heads("
    options = (
        "@declares\ndef _total(verb: Parser) -> Run:\n"
        "    return lambda call, options: commands.total(call.open_project(options))\n\n\n"
    )
    copy.edit("commands/parser/<group>.py", "commands/parser/history.py", declared, options + declared)
    examples = {"total": "of the project here", "-q total": "only whether it can be read"}
    file = "commands/parser/examples.py"
    copy.edit(file, file, '    "heads": {\n', f'    "total": {examples!r},\n    "heads": {{\n')
    copy.run("init", "practice")
    copy.run("revision", "-m", "one")
    assert copy.run("total").strip() == "1"
    assert "nbmigrate total" in copy.run("total", "-h")
    assert "count the revisions" in copy.run("-h")


def test_an_operation(copy: Copy) -> None:
    copy.append("operations/<noun>.py", "operations/tables.py", OPERATION)
    file = "operations/__init__.py"
    copy.edit(file, file, "operations.tables import (\n", "operations.tables import (\n    AnalyzeTable,\n")
    copy.edit(file, file, '    "AlterTable",\n', '    "AlterTable",\n    "AnalyzeTable",\n')
    directives = "operations/directives/tables.py"
    copy.edit("operations/directives/<noun>.py", directives, "\n    def rename_table(", DIRECTIVE)
    line = "alter_column = _directive(Operations.alter_column)\n"
    copy.edit("op.py", "op.py", line, line + "analyze_table = _directive(Operations.analyze_table)\n")
    base = "dialects/base.py"
    imported = "from nbmigrate.dialects.ddl.elements import "
    copy.edit(base, base, imported, imported + "Alteration, ")
    copy.edit(base, base, "\n    def rename_table(", ELEMENT)
    case = "        case ops.RenameTable():\n            return dialect.rename_table(operation)\n"
    own = case.replace("RenameTable", "AnalyzeTable").replace("rename_table", "analyze_table")
    file = "dialects/compiler.py"
    copy.edit(file, file, case, own + case)
    case = "        case ops.DropTable():\n"
    own = "        case ops.AnalyzeTable():\n            found.append(('table', operation.name))\n"
    file = "dialects/ddl/identifiers.py"
    copy.edit(file, file, case, own + case)
    copy.run("init", "practice")
    body = (
        "def upgrade():\n    op.create_table('t', sa.Column('id', sa.Integer))\n    op.analyze_table('t')\n"
    )
    (copy.folder / "body.py").write_text(body + "\n\ndef downgrade():\n    op.drop_table('t')\n")
    copy.run("revision", "-m", "one", "--body", "body.py")
    assert "ANALYZE t" in copy.run("preview", "upgrade", "head")
    assert "ANALYZE t;" in copy.run("upgrade", "head", "--sql")
    copy.run("upgrade", "head")
    (database,) = copy.folder.glob("**/*.db")
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM sqlite_stat1").fetchone() == (0,)
    connection.close()
