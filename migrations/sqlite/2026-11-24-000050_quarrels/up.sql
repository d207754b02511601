-- Who contests that a case is its own, and how that was decided.
ALTER TABLE transfers ADD COLUMN contest TEXT;
ALTER TABLE transfers ADD COLUMN designation TEXT;
