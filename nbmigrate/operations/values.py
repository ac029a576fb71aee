"""The operations, each a frozen value."""

from nbmigrate.operations.alter_table import AlterTable
from nbmigrate.operations.change import Change
from nbmigrate.operations.columns import AddColumn, AlterColumn, DropColumn
from nbmigrate.operations.constraints import AddConstraint, CreateIndex, DropConstraint, DropIndex
from nbmigrate.operations.data import BulkInsert, ExecuteSQL
from nbmigrate.operations.migrate_operation import MigrateOperation
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
    "AlterTable",
    "BulkInsert",
    "Change",
    "CreateIndex",
    "CreateTable",
    "CreateTableComment",
    "DropColumn",
    "DropConstraint",
    "DropIndex",
    "DropTable",
    "DropTableComment",
    "ExecuteSQL",
    "MigrateOperation",
    "Operation",
    "RenameTable",
]
