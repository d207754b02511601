-- What the search for made-up cases knows of a closed case. No names: a print of its narrative.
CREATE TABLE signal_cases (
    case_id TEXT NOT NULL PRIMARY KEY REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    print TEXT NOT NULL,
    chair_id TEXT,
    desk_id TEXT,
    closed_at TEXT NOT NULL
) STRICT;

CREATE TABLE signal_keys (
    id TEXT NOT NULL PRIMARY KEY,
    key TEXT NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED
) STRICT, WITHOUT ROWID;

CREATE TABLE signals (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    score INTEGER NOT NULL,
    parts TEXT NOT NULL,
    computed_at TEXT NOT NULL,
    review TEXT NOT NULL CHECK (review IN ('open', 'confirmed', 'cleared', 'needs_visit')),
    note TEXT,
    reviewed_by TEXT REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    reviewed_at TEXT,
    reviewed_score INTEGER
) STRICT;

CREATE TABLE signal_cursors (
    id TEXT NOT NULL PRIMARY KEY,
    xid INTEGER NOT NULL,
    seq INTEGER NOT NULL
) STRICT;

CREATE INDEX signal_cases_desk ON signal_cases (desk_id, closed_at);
CREATE INDEX signal_keys_key ON signal_keys (key, case_id);
CREATE INDEX signal_keys_case ON signal_keys (case_id);
CREATE UNIQUE INDEX signals_case ON signals (case_id);
CREATE INDEX signals_score ON signals (score, id);
CREATE INDEX signatures_image ON signatures (image_sha256);
