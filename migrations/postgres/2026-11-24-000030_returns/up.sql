CREATE TABLE return_entries (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    act text NOT NULL CHECK (act IN ('accepted', 'closed', 'prevented')),
    at timestamptz NOT NULL,
    on_date date NOT NULL,
    recorded_at timestamptz NOT NULL,
    undone_at timestamptz,
    org_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    desk_id uuid,
    committee_kind text,
    kind text NOT NULL,
    source text NOT NULL,
    channel text NOT NULL,
    result text CHECK (result IN ('success', 'partial', 'failed', 'otherwise')),
    form text,
    complex boolean NOT NULL,
    persons bigint NOT NULL,
    amount_fen bigint NOT NULL,
    averted text CHECK (averted IN ('suicide', 'crime', 'petition', 'fight', 'unclassed')),
    incident_id uuid
);

CREATE TABLE returns (
    id uuid NOT NULL PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    period text NOT NULL CHECK (period IN ('month', 'quarter', 'half_year', 'year')),
    from_on date NOT NULL,
    to_on date NOT NULL,
    revision integer NOT NULL,
    revises uuid REFERENCES returns DEFERRABLE INITIALLY DEFERRED,
    state text NOT NULL CHECK (state IN ('draft', 'submitted')),
    as_of timestamptz NOT NULL,
    figures jsonb NOT NULL,
    entries bigint NOT NULL,
    digest text NOT NULL,
    reason text,
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    submitted_by uuid,
    submitted_at timestamptz
);

-- The entries a return is made of, frozen with it. Entries are never deleted, so nothing needs to
-- be looked up for each of a hundred thousand rows.
CREATE TABLE return_items (
    return_id uuid NOT NULL,
    entry_id uuid NOT NULL,
    PRIMARY KEY (return_id, entry_id)
);

CREATE INDEX return_entries_period ON return_entries (on_date, act, desk_id);
CREATE INDEX return_entries_case ON return_entries (case_id, act);
CREATE INDEX returns_unit ON returns (org_id, id);
-- One submitted return per unit, period and revision.
CREATE UNIQUE INDEX returns_once ON returns (org_id, period, from_on, revision) WHERE state = 'submitted';

CREATE FUNCTION return_entries_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Only the end of an entry may be written, once.
    IF TG_OP = 'UPDATE' AND OLD.undone_at IS NULL THEN
        OLD.undone_at := NEW.undone_at;
        IF OLD IS NOT DISTINCT FROM NEW THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'append only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER return_entries_frozen BEFORE UPDATE OR DELETE ON return_entries
    FOR EACH ROW EXECUTE FUNCTION return_entries_guard();

CREATE FUNCTION returns_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'submitted' THEN
        RAISE EXCEPTION 'frozen' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER returns_frozen BEFORE UPDATE OR DELETE ON returns
    FOR EACH ROW EXECUTE FUNCTION returns_guard();

-- By statement: a return may have a hundred thousand items.
CREATE FUNCTION return_items_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM returns r
        WHERE r.state = 'submitted' AND r.id IN (SELECT DISTINCT return_id FROM gone)
    ) THEN
        RAISE EXCEPTION 'frozen' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER return_items_kept AFTER DELETE ON return_items
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION return_items_guard();

-- The county's dashboard reads these alone.
CREATE INDEX cases_registered ON cases (registered_at, kind, origin_id);
CREATE INDEX cases_closed ON cases (closed_at);
CREATE INDEX cases_age ON cases (live, registered_at);
CREATE INDEX transfers_decided ON transfers (state, decided_at);
