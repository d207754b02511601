-- Runs of the verification that an auditor asked for, with what they found.
CREATE TABLE audit_verifications (
    id uuid NOT NULL PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'aborted')),
    node text,
    public_key text NOT NULL,
    pinned jsonb NOT NULL,
    requested_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    requested_at timestamptz NOT NULL,
    started_at timestamptz,
    touched_at timestamptz NOT NULL,
    finished_at timestamptz,
    records_read bigint NOT NULL,
    records_total bigint NOT NULL,
    report jsonb
);

CREATE INDEX audit_verifications_state ON audit_verifications (state, id);
