CREATE TABLE invoice (
    id BIGINT NOT NULL,
    t_id INTEGER,
    other INTEGER,
    number VARCHAR(10),
    amount NUMERIC(10, 2) DEFAULT 1 CHECK (amount > 0),
    part VARCHAR(20) DEFAULT '50%',
    CONSTRAINT pk_invoice PRIMARY KEY (id),
    CONSTRAINT fk_other FOREIGN KEY(other) REFERENCES t (id) ON UPDATE CASCADE,
    CONSTRAINT uq_other UNIQUE (other, part),
    CONSTRAINT ck_part CHECK (part LIKE '%0%'),
    FOREIGN KEY(t_id) REFERENCES t (id) ON DELETE CASCADE,
    UNIQUE (number)
);
CREATE INDEX ix_both ON invoice (part, number);
CREATE INDEX ix_invoice_other ON invoice (other);
