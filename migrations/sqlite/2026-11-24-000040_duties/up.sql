-- Preferences may name every kind of notice the program knows.
ALTER TABLE notice_preferences RENAME TO notice_preferences_before;
CREATE TABLE notice_preferences (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1))
) STRICT, WITHOUT ROWID;
INSERT INTO notice_preferences SELECT id, user_id, kind, channel, enabled FROM notice_preferences_before;
DROP TABLE notice_preferences_before;

-- When the scheduler looks at a clock next: yellow, a reminder, the breach, another climb.
ALTER TABLE clocks ADD COLUMN wake_at TEXT;
UPDATE clocks SET wake_at = COALESCE(yellow_at, due_at) WHERE ended_at IS NULL AND breached_at IS NULL;
CREATE INDEX clocks_wake ON clocks (wake_at, id, case_id) WHERE wake_at IS NOT NULL;
DROP INDEX clocks_yellow;
DROP INDEX clocks_due;

-- How far an escalation nobody answers has climbed.
ALTER TABLE transfers ADD COLUMN climb TEXT;

CREATE INDEX committees_term ON committees (term_to);
