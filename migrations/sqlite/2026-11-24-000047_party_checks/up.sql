-- Requests to parties of closed cases to confirm, and their answers. Codes are kept as keyed hashes.
CREATE TABLE party_checks (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    party_id TEXT NOT NULL REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    agreement_id TEXT REFERENCES agreements DEFERRABLE INITIALLY DEFERRED,
    via TEXT NOT NULL,
    code_hash TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'void')),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    answered_at TEXT,
    took_place INTEGER CHECK (took_place IN (0, 1)),
    own_agreement INTEGER CHECK (own_agreement IN (0, 1)),
    satisfaction TEXT,
    task_id TEXT
) STRICT;
CREATE UNIQUE INDEX party_checks_code ON party_checks (code_hash);
CREATE INDEX party_checks_case ON party_checks (case_id, id);
