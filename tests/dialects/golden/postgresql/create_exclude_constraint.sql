ALTER TABLE stay ADD CONSTRAINT ex EXCLUDE USING gist (period WITH &&) WHERE (period <> 'empty');
