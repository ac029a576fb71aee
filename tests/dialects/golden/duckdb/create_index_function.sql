CREATE INDEX ix_c ON t (lower(c));
