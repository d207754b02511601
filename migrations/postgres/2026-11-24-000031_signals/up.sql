-- What the search for made-up cases knows of a closed case. No names: a print of its narrative.
CREATE TABLE signal_cases (
    case_id uuid NOT NULL PRIMARY KEY REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    print text NOT NULL,
    chair_id uuid,
    desk_id uuid,
    closed_at timestamptz NOT NULL
);

CREATE TABLE signal_keys (
    id text NOT NULL PRIMARY KEY,
    key text NOT NULL,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE signals (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    score integer NOT NULL,
    parts jsonb NOT NULL,
    computed_at timestamptz NOT NULL,
    review text NOT NULL CHECK (review IN ('open', 'confirmed', 'cleared', 'needs_visit')),
    note text,
    reviewed_by uuid REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    reviewed_at timestamptz,
    reviewed_score integer
);

CREATE TABLE signal_cursors (
    id text NOT NULL PRIMARY KEY,
    xid bigint NOT NULL,
    seq bigint NOT NULL
);

CREATE INDEX signal_cases_desk ON signal_cases (desk_id, closed_at);
CREATE INDEX signal_keys_key ON signal_keys (key, case_id);
CREATE INDEX signal_keys_case ON signal_keys (case_id);
CREATE UNIQUE INDEX signals_case ON signals (case_id);
CREATE INDEX signals_score ON signals (score, id);
CREATE INDEX signatures_image ON signatures (image_sha256);
