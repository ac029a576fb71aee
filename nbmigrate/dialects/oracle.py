"""What Oracle does otherwise; written for scripts, there is no server here to run it on."""

from dataclasses import replace

from sqlalchemy.sql.compiler import DDLCompiler

from nbmigrate import operations as ops
from nbmigrate.dialects.base import DefaultDialect
from nbmigrate.dialects.ddl.columns import Elements
from nbmigrate.dialects.ddl.elements import Alteration, Writer
from nbmigrate.dialects.ddl.literals import Literals
from nbmigrate.schema import Computed, Identity


class OracleLiterals(Literals):
    """Bytes are made by a function."""

    def of_bytes(self, value: bytes) -> str:
        """Return a call that makes bytes."""
        return f"HEXTORAW('{value.hex().upper()}')"


class OracleDialect(DefaultDialect):
    """A column is changed by MODIFY, which also makes it an identity column or an ordinary one."""

    literals = OracleLiterals()
    add_words = "ADD"
    rename_words = "RENAME COLUMN"
    ddl_commits = True
    begin_sql, begins_batch = "SET TRANSACTION READ WRITE", True
    batch_separator = "/"
    new_name_has_schema = False

    @classmethod
    def ended(cls, text: str) -> str:
        """Return a statement as it is: what runs the script ends it."""
        return text

    def _alter_one(self, operation: ops.AlterColumn, change: str | Writer) -> Alteration:
        def write(ddl: DDLCompiler) -> str:
            changed = change if isinstance(change, str) else change(ddl)
            return f"MODIFY {ddl.preparer.quote(operation.column)} {changed}"

        return self._alter(operation.table, operation.schema, write)

    def _nullable(self, operation: ops.AlterColumn) -> Elements:
        if operation.nullable is not None:
            yield self._alter_one(operation, "NULL" if operation.nullable else "NOT NULL")

    def _type(self, operation: ops.AlterColumn) -> Elements:
        if operation.type is not None:
            yield self._alter_one(operation, self._type_sql(operation.type.copy()))

    def _server_default(self, operation: ops.AlterColumn) -> Elements:
        new, old = operation.server_default, operation.existing_server_default
        if new is False:
            return
        if isinstance(new, Identity) and not isinstance(old, Computed):
            identity = self._column(operation, default=new).identity
            assert identity is not None  # noqa: S101 - it was made with one
            yield self._alter_one(operation, lambda ddl: ddl.process(identity))
            return
        if isinstance(old, Identity) and not isinstance(new, Computed):
            yield self._alter_one(operation, "DROP IDENTITY")
            if new is not None:
                yield from self._server_default(replace(operation, existing_server_default=False))
            return
        self._require_plain_default(operation)
        if new is None:
            yield self._alter_one(operation, "DEFAULT NULL")
            return
        column = self._column(operation, default=new)
        yield self._alter_one(operation, lambda ddl: f"DEFAULT {ddl.get_column_default_string(column)}")

    def _comment(self, operation: ops.AlterColumn) -> Elements:
        # An empty text is no comment there, and IS NULL no statement.
        gone = operation.comment is None
        yield from super()._comment(replace(operation, comment="") if gone else operation)
