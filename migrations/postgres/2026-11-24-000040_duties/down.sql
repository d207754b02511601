DROP INDEX committees_term;
ALTER TABLE transfers DROP COLUMN climb;
DROP INDEX clocks_wake;
ALTER TABLE clocks DROP COLUMN wake_at;
CREATE INDEX clocks_due ON clocks (due_at) WHERE ended_at IS NULL AND breached_at IS NULL;
CREATE INDEX clocks_yellow ON clocks (yellow_at) WHERE ended_at IS NULL AND breached_at IS NULL;
