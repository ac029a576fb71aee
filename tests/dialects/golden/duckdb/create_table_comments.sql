CREATE TABLE said (
    id INTEGER
);
COMMENT ON TABLE said IS 'a table';
COMMENT ON COLUMN said.id IS '50% o''clock';
