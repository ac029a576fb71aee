"""What a migration can do, as values, and the object behind `op` that makes them."""

from nbmigrate.operations.directives.batch import BatchOperations
from nbmigrate.operations.directives.operations import Operations
from nbmigrate.operations.recorder import Recorder
from nbmigrate.operations.reverse import render_body, reverse_all
from nbmigrate.operations.runner import Runner
from nbmigrate.operations.values import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    BulkInsert,
    Change,
    CreateIndex,
    CreateTable,
    CreateTableComment,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    DropTableComment,
    ExecuteSQL,
    MigrateOperation,
    Operation,
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
