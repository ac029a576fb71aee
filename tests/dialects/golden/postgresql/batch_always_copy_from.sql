-- Table t is rebuilt, and its rows are copied
-- What copy_from= does not describe, as triggers, policies and grants, goes with the old table
ALTER TABLE t RENAME TO _nbmigrate_old;
ALTER SEQUENCE IF EXISTS t_id_seq RENAME TO _nbmigrate_old_seq_1;
CREATE TABLE t (id SERIAL NOT NULL, n INTEGER, c VARCHAR(20));
INSERT INTO t (id, c) SELECT id, c FROM _nbmigrate_old;
SELECT setval(pg_get_serial_sequence('t', 'id'), coalesce(max(id), 1), max(id) IS NOT NULL) FROM t;
DROP TABLE _nbmigrate_old;
ALTER TABLE t ADD PRIMARY KEY (id);
ALTER TABLE t ADD CONSTRAINT uq_c UNIQUE (c);
CREATE INDEX ix_c ON t (c);
COMMENT ON COLUMN t.n IS 'n';
