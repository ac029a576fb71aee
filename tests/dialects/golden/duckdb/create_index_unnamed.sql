CREATE INDEX ix_t_c ON t (c);
