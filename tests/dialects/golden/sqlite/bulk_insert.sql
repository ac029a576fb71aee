CREATE TABLE p (
    id INTEGER NOT NULL,
    name VARCHAR(50),
    born DATE,
    data BLOB,
    PRIMARY KEY (id)
);
INSERT INTO p (id, name, born, data) VALUES
    (1, 'O''Hara 100%', '1906-12-09', X'00FF'),
    (2, 'Ada :x', NULL, NULL);
