-- Supervised tasks: what a unit owes about a case, by when, and what came of it.
CREATE TABLE tasks (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL CHECK (kind IN ('order', 'co_handling', 'resolution_item', 'conference', 'whistle', 'supervision_reply', 'party_denial')),
    source_id uuid,
    unit_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    text text NOT NULL,
    due_at timestamptz,
    state text NOT NULL CHECK (state IN ('open', 'reported', 'done', 'reassigned', 'cancelled')),
    ordered_for uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    ordered_by uuid NOT NULL,
    ordered_at timestamptz NOT NULL,
    parent_id uuid REFERENCES tasks DEFERRABLE INITIALLY DEFERRED,
    result text,
    evidence jsonb NOT NULL,
    reported_by uuid,
    reported_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    note text,
    sent_back integer NOT NULL
);
CREATE INDEX tasks_case ON tasks (case_id, state);
CREATE INDEX tasks_unit ON tasks (unit_id, state, id);
CREATE INDEX tasks_due ON tasks (state, due_at);
-- A task goes on in one other at most: it is one unit's.
CREATE UNIQUE INDEX tasks_parent ON tasks (parent_id) WHERE parent_id IS NOT NULL;
