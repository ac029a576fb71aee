"""What a dialect may know of the database that an operation is for."""

from nbmigrate.dialects.duckdb_stored import StoredDuckDBTable
from nbmigrate.dialects.mysql_columns import StoredColumns
from nbmigrate.dialects.named_types import StoredTypes
from nbmigrate.dialects.stored import StoredTable

Known = StoredColumns | StoredDuckDBTable | StoredTable | StoredTypes
