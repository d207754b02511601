DROP INDEX crisis_steps_calling;
ALTER TABLE crisis_steps DROP COLUMN call_at;
