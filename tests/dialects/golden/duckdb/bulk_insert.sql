CREATE SEQUENCE IF NOT EXISTS p_id_seq;
CREATE TABLE p (
    id INTEGER DEFAULT nextval('p_id_seq') NOT NULL,
    name VARCHAR(50),
    born DATE,
    data BYTEA,
    PRIMARY KEY (id)
);
INSERT INTO p (id, name, born, data) VALUES
    (1, 'O''Hara 100%', '1906-12-09', unhex('00FF')),
    (2, 'Ada :x', NULL, NULL);
