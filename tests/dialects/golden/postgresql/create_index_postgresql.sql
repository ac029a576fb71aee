CREATE INDEX CONCURRENTLY ix_c ON t USING btree (c varchar_pattern_ops) INCLUDE (id);
