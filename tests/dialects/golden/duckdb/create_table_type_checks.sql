CREATE TABLE many (
    b BOOLEAN,
    e VARCHAR(1),
    CONSTRAINT ck_e CHECK (e IN ('x', 'y'))
);
