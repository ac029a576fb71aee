CREATE TABLE said (
    id INTEGER COMMENT '50% o''clock'
)COMMENT='a table';
