-- Table t is rebuilt, and its rows are copied
PRAGMA legacy_alter_table = ON;
ALTER TABLE t RENAME TO _nbmigrate_old;
PRAGMA legacy_alter_table = OFF;
CREATE TABLE t (
	a INTEGER, 
	b INTEGER,
	CONSTRAINT fk FOREIGN KEY(a, b) REFERENCES u (x, y) DEFERRABLE INITIALLY DEFERRED
);
INSERT OR ABORT INTO t SELECT * FROM _nbmigrate_old NOT INDEXED;
DROP TABLE _nbmigrate_old;
PRAGMA foreign_key_check(t);
