CREATE TABLE return_entries (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    act TEXT NOT NULL CHECK (act IN ('accepted', 'closed', 'prevented')),
    at TEXT NOT NULL,
    on_date TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    undone_at TEXT,
    org_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    desk_id TEXT,
    committee_kind TEXT,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    channel TEXT NOT NULL,
    result TEXT CHECK (result IN ('success', 'partial', 'failed', 'otherwise')),
    form TEXT,
    complex INTEGER NOT NULL CHECK (complex IN (0, 1)),
    persons INTEGER NOT NULL,
    amount_fen INTEGER NOT NULL,
    averted TEXT CHECK (averted IN ('suicide', 'crime', 'petition', 'fight', 'unclassed')),
    incident_id TEXT
) STRICT;

CREATE TABLE returns (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    period TEXT NOT NULL CHECK (period IN ('month', 'quarter', 'half_year', 'year')),
    from_on TEXT NOT NULL,
    to_on TEXT NOT NULL,
    revision INTEGER NOT NULL,
    revises TEXT REFERENCES returns DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL CHECK (state IN ('draft', 'submitted')),
    as_of TEXT NOT NULL,
    figures TEXT NOT NULL,
    entries INTEGER NOT NULL,
    digest TEXT NOT NULL,
    reason TEXT,
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL,
    submitted_by TEXT,
    submitted_at TEXT
) STRICT;

-- The entries a return is made of, frozen with it. Entries are never deleted, so nothing needs to
-- be looked up for each of a hundred thousand rows.
CREATE TABLE return_items (
    return_id TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    PRIMARY KEY (return_id, entry_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX return_entries_period ON return_entries (on_date, act, desk_id);
CREATE INDEX return_entries_case ON return_entries (case_id, act);
CREATE INDEX returns_unit ON returns (org_id, id);
-- One submitted return per unit, period and revision.
CREATE UNIQUE INDEX returns_once ON returns (org_id, period, from_on, revision) WHERE state = 'submitted';

CREATE TRIGGER return_entries_no_delete BEFORE DELETE ON return_entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
-- Only the end of an entry may be written, once.
CREATE TRIGGER return_entries_frozen BEFORE UPDATE ON return_entries
WHEN OLD.undone_at IS NOT NULL OR NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.act <> OLD.act
    OR NEW.at <> OLD.at OR NEW.on_date <> OLD.on_date OR NEW.recorded_at <> OLD.recorded_at
    OR NEW.org_id <> OLD.org_id OR NEW.desk_id IS NOT OLD.desk_id OR NEW.committee_kind IS NOT OLD.committee_kind
    OR NEW.kind <> OLD.kind OR NEW.source <> OLD.source OR NEW.channel <> OLD.channel
    OR NEW.result IS NOT OLD.result OR NEW.form IS NOT OLD.form OR NEW.complex <> OLD.complex
    OR NEW.persons <> OLD.persons OR NEW.amount_fen <> OLD.amount_fen
    OR NEW.averted IS NOT OLD.averted OR NEW.incident_id IS NOT OLD.incident_id
BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER returns_frozen BEFORE UPDATE ON returns WHEN OLD.state = 'submitted' BEGIN SELECT RAISE(ABORT, 'frozen'); END;
CREATE TRIGGER returns_kept BEFORE DELETE ON returns WHEN OLD.state = 'submitted' BEGIN SELECT RAISE(ABORT, 'frozen'); END;
CREATE TRIGGER return_items_kept BEFORE DELETE ON return_items WHEN (SELECT state FROM returns WHERE id = OLD.return_id) = 'submitted' BEGIN SELECT RAISE(ABORT, 'frozen'); END;

-- The county's dashboard reads these alone.
CREATE INDEX cases_registered ON cases (registered_at, kind, origin_id);
CREATE INDEX cases_closed ON cases (closed_at);
CREATE INDEX cases_age ON cases (live, registered_at);
CREATE INDEX transfers_decided ON transfers (state, decided_at);
