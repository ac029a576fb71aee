CREATE TYPE mood AS ENUM ('x', 'y');
CREATE TABLE many (
    a mood,
    b BOOLEAN,
    d DATE DEFAULT CURRENT_DATE,
    e BYTEA,
    f JSON,
    h DOUBLE PRECISION,
    i mood,
    j TEXT
);
