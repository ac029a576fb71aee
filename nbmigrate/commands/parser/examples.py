"""What `-h` shows below a verb's options: examples to copy, and how the revisions that it takes are written."""

from collections.abc import Mapping

#: The examples of each verb: its words, and what they do.
EXAMPLES: Mapping[str, Mapping[str, str]] = {
    "init": {
        "init practice": "a project on SQLite, in the folder practice",
        "init migrations -t alembic": "one that the alembic command runs too",
    },
    "list_templates": {
        "list_templates": "what `init -t` can be given",
        "-q list_templates": "only whether it works",
    },
    "config": {
        "config sqlalchemy.url sqlite:///shop.db": "work on another database",
        "config --unset timezone": "back to what holds without it",
    },
    "revision": {
        'revision -m "add an email"': "an empty revision, to fill in",
        'revision -m "add an email" --body email.py': "with upgrade() and downgrade() from a file",
    },
    "edit": {
        "edit head --body email.py": "the newest revision does what the file has",
        "edit ae10 --body email.py": "a revision by its id",
    },
    "merge": {
        "merge heads": "join all heads",
        'merge ae10 c3f0 -m "join the two"': "join these two",
    },
    "rebase": {
        "rebase c3f0 --onto ae10": "c3f0 comes after ae10 now",
        "rebase c3f0 --onto base": "c3f0 begins a history of its own",
    },
    "delete": {
        "delete head": "the newest revision, if it is not applied",
        "delete c3f0": "a revision by its id",
    },
    "verify": {
        "verify": "fails when something is wrong, as CI needs it",
        "verify --several-heads": "where several heads are meant to be there",
    },
    "tutorial": {
        "tutorial": "copy the notebooks to the current folder",
        "tutorial lessons": "copy them to the folder lessons",
    },
    "differences": {
        "differences": "what one meets in daily work",
        "differences --all": "everything",
    },
    "open": {
        "open ../shop": "the project in that folder",
        "open --app shop:create_app": "the project of a Flask application",
        "open --engine engine": "in a notebook: on the engine that it has",
    },
    "show": {
        "show head": "the newest revision",
        "show ae10": "a revision by its id",
    },
    "current": {
        "current": "the revision that the database stands at",
        "current --check-heads": "fails when an upgrade is due",
    },
    "history": {
        "history -i": "all revisions, the current one marked",
        "history -r ae10:head": "from ae10 to the newest",
    },
    "heads": {
        "heads": "the newest revisions",
        "heads -v": "with their files and messages",
    },
    "branches": {
        "branches": "where the history splits",
        "branches -v": "with files and messages",
    },
    "graph": {
        "graph": "the history, and where the database stands",
        "graph -o history.svg": "write the drawing to a file too",
    },
    "log": {
        "log": "the last runs",
        "log ae10": "the runs of one revision",
    },
    "upgrade": {
        "upgrade head": "apply everything that is not applied yet",
        "upgrade +1": "apply the next revision",
    },
    "downgrade": {
        "downgrade -1": "undo the last revision",
        "downgrade base": "undo all revisions",
    },
    "stamp": {
        "stamp head": "the database has all of it already: run nothing",
        "stamp --purge base": "forget what the version table has",
    },
    "ensure_version": {
        "ensure_version": "make the table alembic_version",
        "ensure_version --sql": "only write the statement",
    },
    "doctor": {
        "doctor": "what is wrong, and what to do",
        "-q doctor": "only whether something is wrong",
    },
    "resume": {
        "resume": "go on where the interrupted run stopped",
        "resume --applied": "the statement in flight took effect; go on behind it",
    },
    "abandon": {
        "abandon": "keep the tables as they are, and forget the rest of the revision",
        "abandon --lock-timeout 5": "give up after 5 seconds if another run is still going",
    },
    "preview": {
        "preview upgrade head": "what an upgrade would do",
        "preview downgrade -1": "what undoing the last revision would do",
    },
    "explore": {
        "explore": "the panel: step, see the tables, see the SQL",
        "explore --read-only": "without buttons that change the database",
    },
    "tables": {
        "tables": "all tables and how many rows they have",
        "tables --schema main": "those of one schema",
    },
    "table": {
        "table customer --limit 10": "ten rows",
        "table customer --where \"name = 'Ada'\" --order-by id": "some rows, sorted",
    },
    "schema": {
        "schema customer": "columns, keys and indexes of a table",
        "schema customer --schema main": "of a table in one schema",
    },
}

#: How those begin that take a cell's body: in a notebook the body stands under the line.
_CELLS: Mapping[str, str] = {
    "revision": 'revision -m "add an email"',
    "edit": "edit head",
}
_BODY = "op.add_column('customer', sa.Column('email', sa.Text))"

#: The ways to write a revision, each with an example that `tests` try out and what it means.
FORMS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "id": (("ae1027a6acf2", "ae10"), "an id, or the start of one"),
    "label": (("shop",), "a branch label: the revision that has it"),
    "head": (("head",), "the newest revision"),
    "heads": (("heads",), "the newest ones of all branches"),
    "base": (("base",), "before the first revision"),
    "current": (("current",), "where the database stands"),
    "forward": (("+1",), "one further than the database stands"),
    "back": (("-1",), "one back from where the database stands"),
    "counted": (("ae10+1", "head-1"), "counted from a revision"),
    "in branch": (("shop@head", "shop@+1"), "in the branch of a label"),
    "in branch, back": (("shop@base", "shop@-1"), "in the branch of a label"),
    "range": (("ae10:head", ":ae10", "ae10:current"), "from one to another, both included"),
}
_TARGETS = ("head", "heads", "id", "label", "forward", "counted", "in branch")
#: Which of them each verb takes.
IDENTIFIERS: Mapping[str, tuple[str, ...]] = {
    "revision": ("head", "base", "id", "label"),
    "edit": ("head", "id", "label"),
    "merge": ("heads", "id", "label"),
    "rebase": ("head", "id", "label"),
    "delete": ("head", "id", "label"),
    "show": ("head", "heads", "current", "id", "label"),
    "history": ("range",),
    "log": ("head", "current", "id", "label"),
    "upgrade": _TARGETS,
    "downgrade": ("base", "id", "label", "back", "counted", "in branch, back"),
    "stamp": ("head", "heads", "base", "id", "label"),
    "preview": (*_TARGETS, "base", "back"),
}


def epilog(verb: str, prog: str) -> str:
    """Return the examples of a verb, and how revisions are written for it.

    Parameters
    ----------
    verb
        The verb.
    prog
        The command's name: "nbmigrate" or "%migrate".
    """
    parts = []
    if examples := EXAMPLES.get(verb):
        lines = {f"{prog} {words}": meaning for words, meaning in examples.items()}
        parts.append("\n".join(["examples:", *_columns(lines, "# ")]))
    if verb in _CELLS and prog.startswith("%"):
        parts.append(f"  %{prog} {_CELLS[verb]}\n  {_BODY}")
    if forms := IDENTIFIERS.get(verb):
        lines = {", ".join(FORMS[form][0]): FORMS[form][1] for form in forms}
        parts.append("\n".join(["revisions:", *_columns(lines)]))
    return "\n\n".join(parts)


def _columns(lines: Mapping[str, str], mark: str = "") -> list[str]:
    """Return texts with their meanings beside them, or below where a line would be too long."""
    width = max(map(len, lines))
    if width + max(map(len, lines.values())) > 72:
        return [line for text, meaning in lines.items() for line in (f"  {text}", f"      {mark}{meaning}")]
    return [f"  {text.ljust(width)}  {mark}{meaning}" for text, meaning in lines.items()]
