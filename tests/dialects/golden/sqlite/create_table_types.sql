CREATE TABLE many (
    a VARCHAR(1),
    b BOOLEAN,
    d DATE DEFAULT CURRENT_DATE,
    e BLOB,
    f JSON,
    h DOUBLE,
    i VARCHAR(1),
    j TEXT
);
