-- Table t is rebuilt, and its rows are copied
-- Column c becomes INTEGER: SQLite stores a text that is a number as that number ('8' as 8, '8.5' as 8.5), and keeps any other
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	id INTEGER NOT NULL, 
	c INTEGER, 
	PRIMARY KEY (id)
);
INSERT OR ABORT INTO t SELECT * FROM _nbmigrate_old;
DROP TABLE _nbmigrate_old;
