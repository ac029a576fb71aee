CREATE TABLE many (
    a ENUM('x','y'),
    b BOOL,
    d DATE DEFAULT CURRENT_DATE,
    e BLOB,
    f JSON,
    h DOUBLE,
    i ENUM('x','y'),
    j TEXT
);
