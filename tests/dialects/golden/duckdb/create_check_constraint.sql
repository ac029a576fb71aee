CREATE TEMPORARY TABLE _nbmigrate_copy AS FROM t;
DROP TABLE t;
CREATE TABLE t(id INTEGER DEFAULT(nextval('t_id_seq')), c VARCHAR, PRIMARY KEY(id), CONSTRAINT ck_c CHECK (length(c) > 1));
INSERT INTO t SELECT * FROM temp._nbmigrate_copy;
DROP TABLE temp._nbmigrate_copy;
