INSERT INTO t (id, c) VALUES (7, 'a');
INSERT INTO t (id, c) VALUES (8, 'b');
