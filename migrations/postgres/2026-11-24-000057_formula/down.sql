ALTER TABLE obligations DROP COLUMN cap_fen;
ALTER TABLE obligations DROP COLUMN formula;
