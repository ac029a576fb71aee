"""The operations, each a frozen value."""

from nbmigrate.operations.columns import AddColumn, AlterColumn, DropColumn
from nbmigrate.operations.constraints import AddConstraint, CreateIndex, DropConstraint, DropIndex
from nbmigrate.operations.data import BulkInsert, ExecuteSQL
from nbmigrate.operations.operation import Operation
from nbmigrate.operations.tables import (
    CreateTable,
    CreateTableComment,
    DropTable,
    DropTableComment,
    RenameTable,
)

__all__ = [
    "AddColumn",
    "AddConstraint",
    "AlterColumn",
    "BulkInsert",
    "CreateIndex",
    "CreateTable",
    "CreateTableComment",
    "DropColumn",
    "DropConstraint",
    "DropIndex",
    "DropTable",
    "DropTableComment",
    "ExecuteSQL",
    "Operation",
    "RenameTable",
]
