"""Words that other tools have, or that people try first, with one line that leads to the right verb."""

from collections.abc import Mapping

#: What the alembic command has and this one has not, with what to do.
_COMPARES = (
    "nbmigrate does not compare the models with the database; `alembic {0}` does, if env.py imports context from "
    "alembic, as that of `init FOLDER --template alembic` does. With nbmigrate.ini it is "
    "`alembic -c nbmigrate.ini -n nbmigrate {0}`, once the line `from nbmigrate import context` of env.py says "
    "`from alembic import context`; nbmigrate takes either."
)
_APPLY = "`upgrade head` applies all revisions, `upgrade +1` the next one."
_UNDO = "`downgrade -1` undoes the last revision, `downgrade base` all of them."
_DELETE = "`delete REV` removes the file of a revision that is not applied; `downgrade -1` undoes one that is applied."
_WRITE = "`revision -m MESSAGE` writes a new revision."
_LIST = "`history -i` lists the revisions and marks where the database stands."
_DRY_RUN = "`preview {run}` shows what would be done, without doing it."
_SEE = "`table NAME` shows the rows of a table, `schema NAME` its columns, `tables` lists all."
_HELP = "`-h` lists the verbs, `upgrade -h` explains one."

#: Verbs that are none, each with the line that leads to the right one.
VERBS: Mapping[str, str] = {
    "apply": _APPLY,
    "baseline": "`stamp REV` records where the database stands, without running revisions.",
    "check": f"{_COMPARES.format('check')} `verify` checks the revision files.",
    "columns": _SEE,
    "commands": _HELP,
    "create": _WRITE,
    "del": _DELETE,
    "describe": _SEE,
    "diff": f"`preview upgrade head` shows what an upgrade would change. {_COMPARES.format('check')}",
    "discard": _DELETE,
    "drop": _DELETE,
    "dry-run": _DRY_RUN.format(run="upgrade head"),
    "fix": "`doctor` shows what is wrong with the database or the files, and what to do.",
    "generate": _WRITE,
    "help": _HELP,
    "info": "`current` shows where the database stands, `config` the settings, `show REV` a revision.",
    "lint": "`verify` checks the revision files.",
    "list": _LIST,
    "ls": _LIST,
    "make": _WRITE,
    "makemigrations": _WRITE,
    "migrate": f"{_APPLY} {_WRITE}",
    "new": _WRITE,
    "panel": "`explore` opens the panel, in a notebook.",
    "plan": _DRY_RUN.format(run="upgrade head"),
    "query": _SEE,
    "remove": _DELETE,
    "repair": "`doctor` shows what is wrong with the database or the files, and what to do.",
    "reset": "`downgrade base` undoes all revisions.",
    "revert": _UNDO,
    "rm": _DELETE,
    "rollback": _UNDO,
    "run": _APPLY,
    "rows": _SEE,
    "select": _SEE,
    "set": "`config KEY VALUE` changes a setting.",
    "settings": "`config` lists the settings, `config KEY VALUE` changes one.",
    "showmigrations": _LIST,
    "sql": "`upgrade head --sql` writes the SQL of an upgrade.",
    "sqlmigrate": "`upgrade head --sql` writes the SQL of an upgrade.",
    "start": "`init FOLDER` starts a project.",
    "status": "`current` shows where the database stands, `history -i` marks it in the list of revisions.",
    "test": "`preview upgrade head` shows what an upgrade would do; `verify` checks the revision files.",
    "tree": "`graph` draws the revisions.",
    "undo": f"{_UNDO} `delete REV` removes the file of one that is not applied.",
    "up": _APPLY,
    "down": _UNDO,
    "update": _APPLY,
    "validate": "`verify` checks the revision files.",
    "version": "`--version` shows the version of nbmigrate, `current` where the database stands.",
}

#: Options that are none; `{run}` is the upgrade or downgrade that was meant.
_OPTIONS: Mapping[str, str] = {
    "--autogenerate": _COMPARES.format("revision --autogenerate"),
    "--delete": _DELETE,
    "--dry-run": _DRY_RUN,
    "--dryrun": _DRY_RUN,
    "--fake": "`stamp REV` records where the database stands, without running revisions.",
    "--plan": _DRY_RUN,
    "--preview": _DRY_RUN,
    "--remove": _DELETE,
    "--rm": _DELETE,
    "--simulate": _DRY_RUN,
    "--undo": f"{_UNDO} `delete REV` removes the file of one that is not applied.",
}


def option_signpost(option: str, verb: str = "upgrade", target: str = "head") -> str:
    """Return the line that leads from an option that other tools have to what does it here, or "".

    Parameters
    ----------
    option
        The option, such as `--dry-run`.
    verb
        The verb that it was given to.
    target
        The revision that the verb was given.
    """
    run = f"{verb} {target}" if verb in ("upgrade", "downgrade") else "upgrade head"
    return _OPTIONS.get(option, "").format(run=run)
