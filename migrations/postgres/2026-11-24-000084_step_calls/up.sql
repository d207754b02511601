-- A step of a crisis that is late calls for somebody; those that are late already do so at once.
ALTER TABLE crisis_steps ADD COLUMN call_at timestamptz;
UPDATE crisis_steps SET call_at = due_at WHERE done_at IS NULL AND dropped_at IS NULL;
CREATE INDEX crisis_steps_calling ON crisis_steps (call_at, id) WHERE call_at IS NOT NULL;
