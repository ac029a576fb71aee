CREATE TABLE customer (
    id SERIAL NOT NULL,
    firstname VARCHAR(150) NOT NULL,
    lastname VARCHAR(150) NOT NULL,
    recentvisit TIMESTAMP WITHOUT TIME ZONE,
    PRIMARY KEY (id)
);
