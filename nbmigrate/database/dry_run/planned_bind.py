"""What `op.get_bind()` returns while a step is planned: it answers what there is, and not what the rows are."""

import re
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NoReturn

import sqlalchemy as sa
from sqlalchemy import inspection

from nbmigrate.database.dry_run.planned_step import PlannedStep
from nbmigrate.database.dry_run.rehearsal import Rehearsal
from nbmigrate.database.dry_run.step_statements import StepStatements
from nbmigrate.dialects.bind import ScriptBind, shown_statement

#: Questions that read no table of the database's owner.
_CATALOGUE = re.compile(
    r"\s*(?:SHOW|DESCRIBE|DESC)\b|\s*PRAGMA\s+(?:\w+\.)?\w+\s*(?:\([^)]*\)|;|\Z)", re.IGNORECASE
)
_SELECT = re.compile(r"\s*(?:SELECT|WITH)\b", re.IGNORECASE)
_SOURCES = re.compile(r"\b(?:FROM|JOIN)\s+(?:LATERAL\s+)?([\w.\"`]+|\()", re.IGNORECASE)
_OF_CATALOGUE = re.compile(
    r"\(|[\"`]?(?:pg_|information_schema\b|sqlite_(?:master|schema|temp_|sequence\b)|pragma_)|temp\.sqlite_|\w+\.sqlite_",
    re.IGNORECASE,
)
#: What a question without a table may call.
_HARMLESS = re.compile(
    r"\s*SELECT\s+(?:(?:version|current_schema|current_database|database|sqlite_version|to_regclass|to_regtype"
    r"|current_setting|has_\w+_privilege)\s*\([^()]*\)|current_user|user|@@[\w.]+|\d+|'[^']*')"
    r"(?:\s+(?:AS\s+)?\w+|\s+IS\s+(?:NOT\s+)?NULL)?\s*;?\s*",
    re.IGNORECASE,
)


class PlannedBind(ScriptBind):
    """Keeps what changes something, and asks the database what tables, columns and types it has.

    Parameters
    ----------
    writer
        Keeps the statements.
    rehearsal
        The database, as the steps before leave it; None where that is not known.
    step
        The step that has this.
    """

    def __init__(self, writer: StepStatements, rehearsal: Rehearsal | None, step: PlannedStep) -> None:
        super().__init__(writer)
        self._rehearsal = rehearsal
        self._step = step

    def execute(self, statement: Any, parameters: Any = None, execution_options: Any = None) -> Any:
        """Keep a statement, or answer a question about the catalogue."""
        self._step.go_on()
        if isinstance(statement, sa.TextClause | sa.Select) and reads_catalogue(str(statement)):
            return self.read(
                lambda connection: connection.execute(statement, parameters), str(statement), parameters
            )
        return super().execute(statement, parameters, execution_options)

    def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        """Keep a statement, or answer a question about the catalogue."""
        self._step.go_on()
        if reads_catalogue(statement):
            return self.read(
                lambda connection: connection.exec_driver_sql(statement, parameters), statement, parameters
            )
        return super().exec_driver_sql(statement, parameters, execution_options)

    def scalar(self, statement: Any, parameters: Any = None, **_: Any) -> Any:
        """Return the first value of what a question returns."""
        return self.execute(statement, parameters).scalar()

    def scalars(self, statement: Any, parameters: Any = None, **_: Any) -> Any:
        """Return the first values of what a question returns."""
        return self.execute(statement, parameters).scalars()

    def begin_nested(self) -> AbstractContextManager[None]:
        """Do nothing: nothing is sent that could be undone."""
        return nullcontext()

    def read(self, query: Any, what: str, about: Any = None) -> Any:
        """Return the database's answer to a question about its catalogue.

        Parameters
        ----------
        query
            Asks a connection.
        what, about
            The question in words or SQL, and the names in it.
        """
        self._step.go_on()
        if self._rehearsal is None:
            self.refuse(f"it depends on the tables that there are, by {shown_statement(what)}.")
        if self._rehearsal.tables.has_changed(what, about):
            self.refuse(f"it depends on the tables as the run leaves them, by {shown_statement(what)}.")
        return self._rehearsal.read(query)

    def has_table(self, name: str, schema: str | None) -> bool:
        """Return whether there is a table by then, as the statements so far leave it."""
        self._step.go_on()
        if self._rehearsal is None:
            self.refuse(f"it depends on whether there is a table {name}.")
        return self._rehearsal.tables.has_table(name, schema)

    def refuse(self, why: str) -> NoReturn:
        """Raise OperationError: what follows is known only when it runs."""
        self._step.refuse(why)

    def refuse_rows(self, statement: str) -> NoReturn:
        """Refuse to tell what a statement returns."""
        self.refuse(f"it depends on the rows of {statement}.")

    def refuse_name(self, name: str) -> NoReturn:
        """Refuse what needs a connection."""
        self.refuse(f"it depends on op.get_bind().{name}, which there is only in a run.")


class PlannedInspector:
    """What `sa.inspect()` returns for it: SQLAlchemy's inspector, for what the run has not changed.

    Parameters
    ----------
    bind
        What asks.
    """

    def __init__(self, bind: PlannedBind) -> None:
        self._bind = bind
        self._found: Any = None

    def has_table(self, table_name: str, schema: str | None = None, **_: Any) -> bool:
        """Return whether there is a table by then."""
        return self._bind.has_table(table_name, schema)

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            about = [getattr(each, "name", each) for each in (*args, *options.values())]
            return self._bind.read(
                lambda connection: getattr(self._inspector(connection), name)(*args, **options),
                f"inspect().{name}()",
                about,
            )

        return call

    def _inspector(self, connection: sa.Connection) -> Any:
        # One for all questions, which keeps the answers, as in a run.
        self._found = self._found or sa.inspect(connection)
        return self._found


@inspection._inspects(PlannedBind)
def _inspect(bind: PlannedBind) -> PlannedInspector:
    return PlannedInspector(bind)


def reads_catalogue(sql: str) -> bool:
    """Whether SQL only asks what tables, columns, types and settings there are."""
    if _CATALOGUE.match(sql) or _HARMLESS.fullmatch(sql):
        return True
    sources = _SOURCES.findall(sql)
    return bool(_SELECT.match(sql) and sources and all(map(_OF_CATALOGUE.match, sources)))
