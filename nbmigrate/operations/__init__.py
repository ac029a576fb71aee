"""What a migration can do, as values, and the object behind `op` that makes them."""

from nbmigrate.operations.alter_table import AlterTable
from nbmigrate.operations.columns import AddColumn, AlterColumn, DropColumn
from nbmigrate.operations.constraints import AddConstraint, CreateIndex, DropConstraint, DropIndex
from nbmigrate.operations.data import BulkInsert, ExecuteSQL
from nbmigrate.operations.directives.batch import BatchOperations
from nbmigrate.operations.directives.operations import Operations
from nbmigrate.operations.migrate_operation import MigrateOperation
from nbmigrate.operations.operation import Change, Operation
from nbmigrate.operations.recorder import Recorder, Runner
from nbmigrate.operations.reverse import render_body, reverse_all
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
    "BatchOperations",
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
    "Operations",
    "Recorder",
    "RenameTable",
    "Runner",
    "render_body",
    "reverse_all",
]
