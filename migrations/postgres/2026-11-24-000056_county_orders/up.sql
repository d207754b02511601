-- Whistles (吹哨报到): departments called to a case; what each was asked, answered and was rated lies in `calls`.
CREATE TABLE whistles (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    state text NOT NULL CHECK (state IN ('proposed', 'sounded', 'refused', 'withdrawn', 'closed')),
    unit_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    reason text NOT NULL,
    place text,
    calls jsonb NOT NULL,
    proposed_by uuid NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    note text,
    closed_at timestamptz,
    accuracy jsonb
);
CREATE INDEX whistles_case ON whistles (case_id, id);

-- Joint conferences (联席会议).
CREATE TABLE conferences (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    state text NOT NULL CHECK (state IN ('planned', 'held', 'resolved', 'closed', 'cancelled')),
    number text,
    convener_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    chair text NOT NULL,
    subject text NOT NULL,
    place text NOT NULL,
    planned_at timestamptz NOT NULL,
    held_at timestamptz,
    members jsonb NOT NULL,
    materials jsonb NOT NULL,
    minutes text,
    designates uuid,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL,
    closed_at timestamptz,
    note text
);
CREATE INDEX conferences_case ON conferences (case_id, id);
CREATE UNIQUE INDEX conferences_number ON conferences (number) WHERE number IS NOT NULL;

-- Supervision orders (督办).
CREATE TABLE supervisions (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    state text NOT NULL CHECK (state IN ('open', 'released')),
    level text NOT NULL CHECK (level IN ('reminder', 'order', 'key', 'listed')),
    unit_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    about_id uuid,
    reason text NOT NULL,
    due_at timestamptz NOT NULL,
    task_id uuid NOT NULL REFERENCES tasks DEFERRABLE INITIALLY DEFERRED,
    talks jsonb NOT NULL,
    ordered_by uuid NOT NULL,
    ordered_at timestamptz NOT NULL,
    released_by uuid,
    released_at timestamptz,
    note text
);
CREATE INDEX supervisions_case ON supervisions (case_id, id);
CREATE INDEX supervisions_about ON supervisions (about_id, state);

-- Leaders in charge (包案): one of each unit at a time.
CREATE TABLE case_owners (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    org_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    reason text NOT NULL,
    named_by uuid NOT NULL,
    from_at timestamptz NOT NULL,
    to_at timestamptz,
    end_reason text CHECK (end_reason IN ('changed', 'signed_off')),
    note text
);
CREATE INDEX case_owners_case ON case_owners (case_id, id);
CREATE INDEX case_owners_user ON case_owners (user_id) WHERE to_at IS NULL;
CREATE UNIQUE INDEX case_owners_one ON case_owners (case_id, org_id) WHERE to_at IS NULL;
