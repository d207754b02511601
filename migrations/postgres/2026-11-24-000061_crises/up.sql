-- Crises of people in cases. Their timeline is written once and never changed.
CREATE TABLE crises (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    state text NOT NULL CHECK (state IN ('raised', 'triaged', 'monitored', 'escalated', 'emergency', 'handed_over', 'stable', 'reviewed', 'closed')),
    tier text NOT NULL CHECK (tier IN ('t0', 't1', 't2', 't3', 't4')),
    party_id uuid,
    signs jsonb NOT NULL,
    raised_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    raised_at timestamptz NOT NULL,
    incident_id uuid,
    called_at timestamptz,
    next_call_at timestamptz,
    acknowledged_by uuid,
    acknowledged_at timestamptz,
    review_tier text CHECK (review_tier IN ('t0', 't1', 't2', 't3', 't4')),
    review_by uuid,
    review_by_lead boolean NOT NULL,
    review_at timestamptz,
    confirmed_by uuid,
    confirmed_at timestamptz,
    entries integer NOT NULL,
    closed_at timestamptz,
    updated_at timestamptz NOT NULL
);

CREATE TABLE crisis_steps (
    id uuid NOT NULL PRIMARY KEY,
    crisis_id uuid NOT NULL REFERENCES crises DEFERRABLE INITIALLY DEFERRED,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    code text NOT NULL,
    tier text NOT NULL CHECK (tier IN ('t0', 't1', 't2', 't3', 't4')),
    from_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    done_at timestamptz,
    done_by uuid,
    receipt_no text,
    late_reason text,
    dropped_at timestamptz
);

CREATE TABLE crisis_events (
    id uuid NOT NULL PRIMARY KEY,
    crisis_id uuid NOT NULL REFERENCES crises DEFERRABLE INITIALLY DEFERRED,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    seq integer NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_id uuid,
    state text NOT NULL,
    tier text NOT NULL,
    step text,
    rung text,
    text text
);

CREATE UNIQUE INDEX crises_open ON crises (case_id) WHERE closed_at IS NULL;
CREATE INDEX crises_case ON crises (case_id, id);
CREATE INDEX crises_calling ON crises (next_call_at, id) WHERE next_call_at IS NOT NULL;
CREATE INDEX crisis_steps_crisis ON crisis_steps (crisis_id);
CREATE UNIQUE INDEX crisis_events_seq ON crisis_events (crisis_id, seq);

CREATE TRIGGER crisis_events_append_only BEFORE UPDATE OR DELETE ON crisis_events FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER crisis_events_no_truncate BEFORE TRUNCATE ON crisis_events FOR EACH STATEMENT EXECUTE FUNCTION append_only();
