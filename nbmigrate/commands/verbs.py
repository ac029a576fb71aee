"""The verbs: where each is, what it does in a few words, and which belong together.

A verb is a row here, a function in its module, and what `commands.parser` declares of its words.
"""

from typing import NamedTuple


class Verb(NamedTuple):
    """A verb.

    Parameters
    ----------
    name
        What it is called, in a terminal and in Python.
    group
        What it is about; help lists the verbs of a group together.
    module
        Where its function is, below `nbmigrate.commands`.
    summary
        What it does, in a few words.
    writes_sql
        Whether there is a function `NAME_sql` beside it, which writes its script.
    """

    name: str
    group: str
    module: str
    summary: str
    writes_sql: bool = False


#: All verbs, in the order that help lists them.
VERBS = (
    Verb("init", "files", "project.init", "start a project"),
    Verb("list_templates", "files", "project.init", "list what a project can be started from"),
    Verb("config", "files", "project.config", "show the settings in force, or change one"),
    Verb("revision", "files", "files.revision", "write a new revision"),
    Verb("edit", "files", "files.edit", "replace what a revision does, while it is not applied"),
    Verb("merge", "files", "files.merge", "join several heads into one revision"),
    Verb("rebase", "files", "files.rebase", "give a revision that is not applied another parent"),
    Verb("delete", "files", "files.delete", "remove the file of a head that is not applied"),
    Verb("verify", "files", "history.verify", "check the revision files, also for CI"),
    Verb("tutorial", "files", "project.tutorial", "copy the tutorial notebooks to a folder"),
    Verb("differences", "files", "project.differences", "list what is different from Alembic on purpose"),
    Verb(
        "open",
        "history",
        "project.open",
        "open an existing project, which a notebook then works on",
    ),
    Verb("show", "history", "history.show", "show a revision and its source"),
    Verb("current", "history", "database.current", "show where the database stands"),
    Verb("history", "history", "history.history", "list the revisions, newest first"),
    Verb("heads", "history", "history.heads", "list the revisions that nothing comes after"),
    Verb("branches", "history", "history.heads", "list the revisions that several come after"),
    Verb("graph", "history", "history.graph", "draw the revisions"),
    Verb("log", "history", "database.log", "list what ran on the database, and who ran it"),
    Verb("upgrade", "database", "database.upgrade", "apply revisions", writes_sql=True),
    Verb("downgrade", "database", "database.upgrade", "undo revisions", writes_sql=True),
    Verb(
        "stamp",
        "database",
        "database.stamp",
        "set where the database stands, without running revisions",
        writes_sql=True,
    ),
    Verb(
        "ensure_version",
        "database",
        "database.stamp",
        "make the version table if there is none",
        writes_sql=True,
    ),
    Verb("doctor", "database", "database.doctor", "diagnose an interrupted run or a damaged history"),
    Verb("resume", "database", "database.resume", "finish an interrupted revision"),
    Verb(
        "abandon",
        "database",
        "database.resume",
        "forget an interrupted revision, and leave everything as it is",
    ),
    Verb(
        "preview",
        "database",
        "database.preview",
        "show what an upgrade or downgrade would do, without doing it",
    ),
    Verb("explore", "database", "database.explore", "step through the history by hand, in a notebook"),
    Verb("tables", "database", "database.tables", "list the tables and how many rows each has"),
    Verb("table", "database", "database.tables", "show the rows of a table"),
    Verb("schema", "database", "database.tables", "show the columns, keys and indexes of a table"),
)
#: The verbs of each group.
GROUPS = {
    group: tuple(verb for verb in VERBS if verb.group == group)
    for group in dict.fromkeys(verb.group for verb in VERBS)
}
#: The module of each function that a verb is, or that writes its script.
MODULES = {
    name: verb.module
    for verb in VERBS
    for name in (verb.name, *((f"{verb.name}_sql",) if verb.writes_sql else ()))
}
