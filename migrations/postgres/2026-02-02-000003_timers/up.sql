-- What time brought about, each once; the key names the thing, the kind and the step.
CREATE TABLE timers_fired (
    id text NOT NULL PRIMARY KEY,
    case_id uuid REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    due_at timestamptz NOT NULL,
    fired_at timestamptz NOT NULL
);

CREATE INDEX timers_fired_case ON timers_fired (case_id);
CREATE INDEX timers_fired_at ON timers_fired (fired_at);
-- The retention job walks what is settled, the oldest first.
CREATE INDEX outbox_settled ON outbox (state, settled_at);
