CREATE TABLE many (
    a ENUM('x', 'y'),
    b BOOLEAN,
    d DATE DEFAULT CURRENT_DATE,
    e BYTEA,
    f JSON,
    h DOUBLE PRECISION,
    i ENUM('x', 'y'),
    j TEXT
);
