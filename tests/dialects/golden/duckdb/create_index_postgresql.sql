CREATE INDEX ix_c ON t (c);
