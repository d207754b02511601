-- Requests to parties of closed cases to confirm, and their answers. Codes are kept as keyed hashes.
CREATE TABLE party_checks (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    party_id uuid NOT NULL REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    agreement_id uuid REFERENCES agreements DEFERRABLE INITIALLY DEFERRED,
    via text NOT NULL,
    code_hash text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'answered', 'void')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    answered_at timestamptz,
    took_place boolean,
    own_agreement boolean,
    satisfaction text,
    task_id uuid
);
CREATE UNIQUE INDEX party_checks_code ON party_checks (code_hash);
CREATE INDEX party_checks_case ON party_checks (case_id, id);
