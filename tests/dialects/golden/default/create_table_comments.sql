CREATE TABLE said (
    id INTEGER
);
