-- Who contests that a case is its own, and how that was decided.
ALTER TABLE transfers ADD COLUMN contest jsonb;
ALTER TABLE transfers ADD COLUMN designation jsonb;
