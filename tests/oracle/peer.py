"""The alembic package as a service, run by the Python of its own environment: JSON lines in, JSON lines out.

A request is {"project": folder, "words": [...]}, for a command in a folder with an alembic.ini, and the answer its
outcome. Or it is {"revisions": [[id, parents, dependencies, labels, docstring, path], ...], "calls": [[rows, words],
...]} and the answer {"labels": {id: labels}, "outcomes": [...]}: then the revisions are real Script objects in a real
RevisionMap and the commands those of alembic.command, on SQLite in memory; only the reading of files is left out.
"""

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic import command, context
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionMap


class Scripts(ScriptDirectory):  # type: ignore[misc]
    """A script directory whose revisions, and whose env.py, are in memory."""

    def __init__(self, revisions: list[list[Any]], connection: sa.Connection) -> None:
        self.connection = connection
        self.moves: list[list[Any]] = []
        self.revision_map = RevisionMap(lambda: [_script(*revision) for revision in revisions])
        # What is not sound is refused here.
        assert self.revision_map._revision_map is not None

    def run_env(self) -> None:
        context.configure(connection=self.connection, on_version_apply=self.note)
        with context.begin_transaction():
            context.run_migrations()

    def note(self, step: Any, heads: set[str], **_: Any) -> None:
        self.moves.append(["" if step.is_stamp else step.up_revision_id, sorted(heads)])


def _script(
    id_: str, parents: list[str], dependencies: list[str], labels: list[str], doc: str, path: str
) -> Any:
    def upgrade() -> None:
        pass

    def downgrade() -> None:
        pass

    module = SimpleNamespace(
        revision=id_,
        down_revision=tuple(parents) or None,
        depends_on=tuple(dependencies) or None,
        branch_labels=tuple(labels) or None,
        upgrade=upgrade,
        downgrade=downgrade,
        __doc__=doc,
    )
    return Script(module, id_, path)


class Log(logging.Handler):
    """What is logged as "Running upgrade a -> b"."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith("Running "):
            self.lines.append(record.getMessage())


LOG = Log()


def _in_order(normalize: Callable[..., None]) -> Callable[..., None]:
    """Return alembic's method with its result in the order of the file.

    Which dependencies of a revision remain is kept in a set, so that the order in which `history` goes down to them is
    another one in each process. Of those orders this is one.
    """

    def ordered(self: RevisionMap, revisions: Any, map_: Any) -> None:
        normalize(self, revisions, map_)
        for script in revisions:
            kept = script._normalized_resolved_dependencies
            script._normalized_resolved_dependencies = tuple(
                dict.fromkeys(id_ for id_ in script._resolved_dependencies if id_ in kept)
            )

    return ordered


def call(scripts: Scripts, rows: Sequence[str], words: Sequence[str]) -> dict[str, Any]:
    """Do what the command line `words` asks for, from the version rows given."""
    connection = scripts.connection
    connection.exec_driver_sql("DELETE FROM alembic_version")
    for row in rows:
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (row,))
    connection.commit()
    scripts.moves = []
    command.ScriptDirectory = SimpleNamespace(from_config=lambda config: scripts)
    for script in scripts.revision_map._revision_map.values():
        if script is not None:
            script._db_current_indicator = None
    outcome = outcome_of(Config, words)
    connection.rollback()
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    connection.commit()
    return {**outcome, "moves": scripts.moves, "rows": sorted(found)}


def call_in(folder: str, words: Sequence[str]) -> dict[str, Any]:
    """Do what the command line `words` asks for in a folder."""
    command.ScriptDirectory = ScriptDirectory
    return outcome_of(lambda stdout: Config(f"{folder}/alembic.ini", stdout=stdout), words)


def outcome_of(make_config: Callable[..., Any], words: Sequence[str]) -> dict[str, Any]:
    """Run a command, and return what it printed, logged, warned of and raised."""
    out = io.StringIO()
    LOG.lines = []
    outcome: dict[str, Any] = {"moves": [], "rows": []}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            run(make_config(stdout=out), words)
        except Exception as error:
            cause = error.__cause__ or error
            outcome["error"] = [type(error).__name__, str(error), type(cause).__name__, str(cause)]
    seen = [str(warning.message) for warning in caught]
    return {**outcome, "warnings": seen, "log": LOG.lines, "text": out.getvalue()}


def run(config: Any, words: Sequence[str]) -> None:
    """Call the function of alembic.command that the words name."""
    verb, *rest = words
    flags = [word for word in rest if word.startswith("--")]
    values = [word for word in rest if not word.startswith("--")]
    options = {flag[2:].replace("-", "_"): True for flag in flags}
    arguments = [values] if verb == "stamp" else values
    getattr(command, verb)(config, *arguments, **options)


def main() -> None:
    """Answer requests until there are no more."""
    RevisionMap._normalize_depends_on = _in_order(RevisionMap._normalize_depends_on)
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)
    logging.getLogger("alembic.runtime.migration").addHandler(LOG)
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        connection.commit()
        for line in sys.stdin:
            request = json.loads(line)
            if "project" in request:
                print(json.dumps(call_in(request["project"], request["words"])), flush=True)
                continue
            try:
                scripts = Scripts(request["revisions"], connection)
            except Exception as error:
                answer: dict[str, Any] = {"error": [type(error).__name__, str(error)]}
            else:
                known = scripts.revision_map._revision_map
                labels: dict[str, list[str]] = {
                    script.revision: sorted(script.branch_labels) for script in known.values() if script
                }
                answer = {
                    "labels": labels,
                    "outcomes": [call(scripts, rows, words) for rows, words in request["calls"]],
                }
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
