"""What a dialect may know of the database that an operation is for."""

from nbmigrate.dialects.duckdb.existing import StoredDuckDBTable
from nbmigrate.dialects.firebird.existing import StoredFirebirdTable
from nbmigrate.dialects.mysql.existing import StoredColumns
from nbmigrate.dialects.postgresql.existing import StoredTypes
from nbmigrate.dialects.sqlite.existing import StoredTable

Stored = StoredColumns | StoredFirebirdTable | StoredDuckDBTable | StoredTable | StoredTypes
