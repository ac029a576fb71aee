CREATE SEQUENCE IF NOT EXISTS customer_id_seq;
CREATE TABLE customer (
    id INTEGER DEFAULT nextval('customer_id_seq') NOT NULL,
    firstname VARCHAR(150) NOT NULL,
    lastname VARCHAR(150) NOT NULL,
    recentvisit TIMESTAMP WITHOUT TIME ZONE,
    PRIMARY KEY (id)
);
