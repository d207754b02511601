-- Supervised tasks: what a unit owes about a case, by when, and what came of it.
CREATE TABLE tasks (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('order', 'co_handling', 'resolution_item', 'conference', 'whistle', 'supervision_reply', 'party_denial')),
    source_id TEXT,
    unit_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    text TEXT NOT NULL,
    due_at TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'reported', 'done', 'reassigned', 'cancelled')),
    ordered_for TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    ordered_by TEXT NOT NULL,
    ordered_at TEXT NOT NULL,
    parent_id TEXT REFERENCES tasks DEFERRABLE INITIALLY DEFERRED,
    result TEXT,
    evidence TEXT NOT NULL,
    reported_by TEXT,
    reported_at TEXT,
    decided_by TEXT,
    decided_at TEXT,
    note TEXT,
    sent_back INTEGER NOT NULL
) STRICT;
CREATE INDEX tasks_case ON tasks (case_id, state);
CREATE INDEX tasks_unit ON tasks (unit_id, state, id);
CREATE INDEX tasks_due ON tasks (state, due_at);
-- A task goes on in one other at most: it is one unit's.
CREATE UNIQUE INDEX tasks_parent ON tasks (parent_id) WHERE parent_id IS NOT NULL;
