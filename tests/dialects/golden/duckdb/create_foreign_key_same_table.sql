CREATE TEMPORARY TABLE _nbmigrate_copy AS FROM t;
DROP TABLE t;
CREATE TABLE t(id INTEGER DEFAULT(nextval('t_id_seq')), c VARCHAR, PRIMARY KEY(id), FOREIGN KEY(id) REFERENCES t (id));
INSERT INTO t SELECT * FROM temp._nbmigrate_copy;
DROP TABLE temp._nbmigrate_copy;
