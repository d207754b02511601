-- A sum that is found by a formula when it falls due, with the most it can be.
ALTER TABLE obligations ADD COLUMN formula text;
ALTER TABLE obligations ADD COLUMN cap_fen bigint;
