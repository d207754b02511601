CREATE TABLE calendar_versions (
    id TEXT NOT NULL PRIMARY KEY,
    region TEXT NOT NULL,
    version TEXT NOT NULL,
    seq INTEGER NOT NULL,
    document TEXT NOT NULL,
    committed_by TEXT NOT NULL,
    committed_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX calendar_versions_region ON calendar_versions (region, version);
CREATE UNIQUE INDEX calendar_versions_seq ON calendar_versions (region, seq);

CREATE TABLE clock_policies (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    version INTEGER NOT NULL,
    effective_from TEXT NOT NULL,
    body TEXT NOT NULL,
    loaded_at TEXT NOT NULL
) STRICT;

CREATE TABLE clocks (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    policy TEXT NOT NULL,
    policy_version INTEGER NOT NULL,
    variant TEXT,
    subject TEXT NOT NULL CHECK (subject IN ('case', 'session', 'agreement', 'obligation', 'transfer', 'incident', 'record', 'party')),
    subject_id TEXT NOT NULL,
    calendar TEXT NOT NULL,
    started_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'breached', 'satisfied', 'stopped')),
    due_at TEXT,
    yellow_at TEXT,
    last_day TEXT,
    breached_at TEXT,
    ended_at TEXT,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX clocks_case ON clocks (case_id);
CREATE INDEX clocks_due ON clocks (due_at) WHERE ended_at IS NULL AND breached_at IS NULL;
CREATE INDEX clocks_yellow ON clocks (yellow_at) WHERE ended_at IS NULL AND breached_at IS NULL;
CREATE UNIQUE INDEX clocks_open ON clocks (policy, subject_id) WHERE ended_at IS NULL;

DROP TABLE calendar_days;
