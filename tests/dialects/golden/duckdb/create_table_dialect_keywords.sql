CREATE SEQUENCE IF NOT EXISTS kept_id_seq;
CREATE TEMPORARY TABLE kept (
    id INTEGER DEFAULT nextval('kept_id_seq') NOT NULL,
    PRIMARY KEY (id)
);
