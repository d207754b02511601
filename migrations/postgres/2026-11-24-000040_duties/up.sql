-- Preferences may name every kind of notice the program knows.
ALTER TABLE notice_preferences DROP CONSTRAINT notice_preferences_kind_check;

-- When the scheduler looks at a clock next: yellow, a reminder, the breach, another climb.
ALTER TABLE clocks ADD COLUMN wake_at timestamptz;
UPDATE clocks SET wake_at = COALESCE(yellow_at, due_at) WHERE ended_at IS NULL AND breached_at IS NULL;
CREATE INDEX clocks_wake ON clocks (wake_at, id, case_id) WHERE wake_at IS NOT NULL;
DROP INDEX clocks_yellow;
DROP INDEX clocks_due;

-- How far an escalation nobody answers has climbed.
ALTER TABLE transfers ADD COLUMN climb jsonb;

CREATE INDEX committees_term ON committees (term_to);
