-- Runs of the verification that an auditor asked for, with what they found.
CREATE TABLE audit_verifications (
    id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'aborted')),
    node TEXT,
    public_key TEXT NOT NULL,
    pinned TEXT NOT NULL,
    requested_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    requested_at TEXT NOT NULL,
    started_at TEXT,
    touched_at TEXT NOT NULL,
    finished_at TEXT,
    records_read INTEGER NOT NULL,
    records_total INTEGER NOT NULL,
    report TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_verifications_state ON audit_verifications (state, id);
