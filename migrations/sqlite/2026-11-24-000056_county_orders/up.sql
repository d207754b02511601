-- Whistles (吹哨报到): departments called to a case; what each was asked, answered and was rated lies in `calls`.
CREATE TABLE whistles (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'sounded', 'refused', 'withdrawn', 'closed')),
    unit_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    reason TEXT NOT NULL,
    place TEXT,
    calls TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at TEXT NOT NULL,
    decided_by TEXT,
    decided_at TEXT,
    note TEXT,
    closed_at TEXT,
    accuracy TEXT
) STRICT;
CREATE INDEX whistles_case ON whistles (case_id, id);

-- Joint conferences (联席会议).
CREATE TABLE conferences (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL CHECK (state IN ('planned', 'held', 'resolved', 'closed', 'cancelled')),
    number TEXT,
    convener_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    chair TEXT NOT NULL,
    subject TEXT NOT NULL,
    place TEXT NOT NULL,
    planned_at TEXT NOT NULL,
    held_at TEXT,
    members TEXT NOT NULL,
    materials TEXT NOT NULL,
    minutes TEXT,
    designates TEXT,
    created_by TEXT NOT NULL,
    created_at TEXT NOT NULL,
    closed_at TEXT,
    note TEXT
) STRICT;
CREATE INDEX conferences_case ON conferences (case_id, id);
CREATE UNIQUE INDEX conferences_number ON conferences (number) WHERE number IS NOT NULL;

-- Supervision orders (督办).
CREATE TABLE supervisions (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL CHECK (state IN ('open', 'released')),
    level TEXT NOT NULL CHECK (level IN ('reminder', 'order', 'key', 'listed')),
    unit_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    about_id TEXT,
    reason TEXT NOT NULL,
    due_at TEXT NOT NULL,
    task_id TEXT NOT NULL REFERENCES tasks DEFERRABLE INITIALLY DEFERRED,
    talks TEXT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_at TEXT NOT NULL,
    released_by TEXT,
    released_at TEXT,
    note TEXT
) STRICT;
CREATE INDEX supervisions_case ON supervisions (case_id, id);
CREATE INDEX supervisions_about ON supervisions (about_id, state);

-- Leaders in charge (包案): one of each unit at a time.
CREATE TABLE case_owners (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    org_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    reason TEXT NOT NULL,
    named_by TEXT NOT NULL,
    from_at TEXT NOT NULL,
    to_at TEXT,
    end_reason TEXT CHECK (end_reason IN ('changed', 'signed_off')),
    note TEXT
) STRICT;
CREATE INDEX case_owners_case ON case_owners (case_id, id);
CREATE INDEX case_owners_user ON case_owners (user_id) WHERE to_at IS NULL;
CREATE UNIQUE INDEX case_owners_one ON case_owners (case_id, org_id) WHERE to_at IS NULL;
