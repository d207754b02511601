CREATE TABLE calendar_versions (
    id uuid NOT NULL PRIMARY KEY,
    region text NOT NULL,
    version text NOT NULL,
    seq bigint NOT NULL,
    document jsonb NOT NULL,
    committed_by uuid NOT NULL,
    committed_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX calendar_versions_region ON calendar_versions (region, version);
CREATE UNIQUE INDEX calendar_versions_seq ON calendar_versions (region, seq);

CREATE TABLE clock_policies (
    id text NOT NULL PRIMARY KEY,
    code text NOT NULL,
    version bigint NOT NULL,
    effective_from date NOT NULL,
    body jsonb NOT NULL,
    loaded_at timestamptz NOT NULL
);

CREATE TABLE clocks (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    policy text NOT NULL,
    policy_version bigint NOT NULL,
    variant text,
    subject text NOT NULL CHECK (subject IN ('case', 'session', 'agreement', 'obligation', 'transfer', 'incident', 'record', 'party')),
    subject_id uuid NOT NULL,
    calendar text NOT NULL,
    started_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'paused', 'breached', 'satisfied', 'stopped')),
    due_at timestamptz,
    yellow_at timestamptz,
    last_day date,
    breached_at timestamptz,
    ended_at timestamptz,
    detail jsonb NOT NULL
);
CREATE INDEX clocks_case ON clocks (case_id);
CREATE INDEX clocks_due ON clocks (due_at) WHERE ended_at IS NULL AND breached_at IS NULL;
CREATE INDEX clocks_yellow ON clocks (yellow_at) WHERE ended_at IS NULL AND breached_at IS NULL;
CREATE UNIQUE INDEX clocks_open ON clocks (policy, subject_id) WHERE ended_at IS NULL;

DROP TABLE calendar_days;
