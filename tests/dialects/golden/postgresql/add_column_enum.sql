DO $$ BEGIN CREATE TYPE mood AS ENUM ('x', 'it''s'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
ALTER TABLE t ADD COLUMN m mood;
