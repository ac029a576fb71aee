CREATE TABLE p (
    id SERIAL NOT NULL,
    name VARCHAR(50),
    born DATE,
    data BYTEA,
    PRIMARY KEY (id)
);
INSERT INTO p (id, name, born, data) VALUES
    (1, 'O''Hara 100%', '1906-12-09', '\x00ff'),
    (2, 'Ada :x', NULL, NULL);
