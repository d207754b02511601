-- Crises of people in cases. Their timeline is written once and never changed.
CREATE TABLE crises (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL CHECK (state IN ('raised', 'triaged', 'monitored', 'escalated', 'emergency', 'handed_over', 'stable', 'reviewed', 'closed')),
    tier TEXT NOT NULL CHECK (tier IN ('t0', 't1', 't2', 't3', 't4')),
    party_id TEXT,
    signs TEXT NOT NULL,
    raised_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    raised_at TEXT NOT NULL,
    incident_id TEXT,
    called_at TEXT,
    next_call_at TEXT,
    acknowledged_by TEXT,
    acknowledged_at TEXT,
    review_tier TEXT CHECK (review_tier IN ('t0', 't1', 't2', 't3', 't4')),
    review_by TEXT,
    review_by_lead INTEGER NOT NULL CHECK (review_by_lead IN (0, 1)),
    review_at TEXT,
    confirmed_by TEXT,
    confirmed_at TEXT,
    entries INTEGER NOT NULL,
    closed_at TEXT,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE crisis_steps (
    id TEXT NOT NULL PRIMARY KEY,
    crisis_id TEXT NOT NULL REFERENCES crises DEFERRABLE INITIALLY DEFERRED,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    code TEXT NOT NULL,
    tier TEXT NOT NULL CHECK (tier IN ('t0', 't1', 't2', 't3', 't4')),
    from_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    done_at TEXT,
    done_by TEXT,
    receipt_no TEXT,
    late_reason TEXT,
    dropped_at TEXT
) STRICT;

CREATE TABLE crisis_events (
    id TEXT NOT NULL PRIMARY KEY,
    crisis_id TEXT NOT NULL REFERENCES crises DEFERRABLE INITIALLY DEFERRED,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    actor_id TEXT,
    state TEXT NOT NULL,
    tier TEXT NOT NULL,
    step TEXT,
    rung TEXT,
    text TEXT
) STRICT;

CREATE UNIQUE INDEX crises_open ON crises (case_id) WHERE closed_at IS NULL;
CREATE INDEX crises_case ON crises (case_id, id);
CREATE INDEX crises_calling ON crises (next_call_at, id) WHERE next_call_at IS NOT NULL;
CREATE INDEX crisis_steps_crisis ON crisis_steps (crisis_id);
CREATE UNIQUE INDEX crisis_events_seq ON crisis_events (crisis_id, seq);

CREATE TRIGGER crisis_events_no_update BEFORE UPDATE ON crisis_events BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER crisis_events_no_delete BEFORE DELETE ON crisis_events BEGIN SELECT RAISE(ABORT, 'append only'); END;
