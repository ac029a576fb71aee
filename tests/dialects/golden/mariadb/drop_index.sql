DROP INDEX ix_c ON t;
