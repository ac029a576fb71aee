INSERT INTO t (id, c) VALUES (7, 'a');
INSERT INTO t (id) VALUES (8);
INSERT INTO t (id, c) VALUES (9, 'x');
