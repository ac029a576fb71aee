CREATE TABLE customer (
    id INTEGER NOT NULL AUTO_INCREMENT,
    firstname VARCHAR(150) NOT NULL,
    lastname VARCHAR(150) NOT NULL,
    recentvisit DATETIME,
    PRIMARY KEY (id)
);
