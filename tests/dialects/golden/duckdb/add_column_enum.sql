ALTER TABLE t ADD COLUMN m ENUM('x', 'it''s');
