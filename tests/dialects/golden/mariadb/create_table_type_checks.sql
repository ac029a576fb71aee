CREATE TABLE many (
    b BOOL,
    e VARCHAR(1),
    CONSTRAINT ck_b CHECK (b IN (0, 1)),
    CONSTRAINT ck_e CHECK (e IN ('x', 'y'))
);
