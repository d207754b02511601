CREATE TABLE org_units (
    id uuid NOT NULL PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('county_centre', 'township_desk', 'village_station', 'department', 'court', 'police_station', 'justice_office')),
    parent_id uuid REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    name text NOT NULL,
    division_code text,
    desk_id uuid,
    seal_no text,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE committees (
    id uuid NOT NULL PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL CHECK (kind IN ('village', 'neighbourhood', 'township', 'subdistrict', 'enterprise', 'industry', 'other')),
    name text NOT NULL,
    prefix text NOT NULL,
    seal_no text NOT NULL,
    term_from date NOT NULL,
    term_to date NOT NULL,
    active boolean NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE users (
    id uuid NOT NULL PRIMARY KEY,
    username text NOT NULL,
    name text NOT NULL,
    email text,
    phone text,
    id_no text,
    address text,
    birth_date date,
    locale text NOT NULL,
    state text NOT NULL CHECK (state IN ('invited', 'active', 'disabled')),
    password_phc text,
    password_changed_at timestamptz,
    epoch bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

CREATE TABLE committee_members (
    id uuid NOT NULL PRIMARY KEY,
    committee_id uuid NOT NULL REFERENCES committees DEFERRABLE INITIALLY DEFERRED,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    appointment text NOT NULL CHECK (appointment IN ('member', 'engaged')),
    full_time boolean NOT NULL,
    is_chair boolean NOT NULL,
    female boolean NOT NULL,
    from_on date NOT NULL,
    to_on date,
    created_at timestamptz NOT NULL
);

CREATE TABLE role_grants (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    role text NOT NULL CHECK (role IN ('village_steward', 'shopkeeper', 'mediator', 'recorder', 'desk_head', 'justice_office', 'county_dispatcher', 'county_supervisor', 'dept_liaison', 'archivist', 'auditor', 'sys_admin', 'sec_admin')),
    org_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    granted_by uuid,
    granted_at timestamptz NOT NULL,
    revoked_at timestamptz
);

CREATE TABLE staff_relatives (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL CHECK (kind IN ('spouse', 'parent', 'child', 'sibling', 'cousin', 'other_kin', 'household', 'employer')),
    name text NOT NULL,
    id_no text,
    phone text,
    created_at timestamptz NOT NULL
);

CREATE TABLE rooms (
    id uuid NOT NULL PRIMARY KEY,
    org_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    name text NOT NULL,
    capacity integer NOT NULL,
    active boolean NOT NULL
);

CREATE TABLE cases (
    id uuid NOT NULL PRIMARY KEY,
    code text NOT NULL,
    case_no text,
    committee_id uuid REFERENCES committees DEFERRABLE INITIALLY DEFERRED,
    procedure text NOT NULL CHECK (procedure IN ('people_mediation', 'admin_mediation', 'court_delegated', 'petition', 'consult')),
    title text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('marriage_family', 'neighbour', 'house_homestead', 'contract', 'business', 'damage', 'forest_land', 'expropriation', 'environment', 'wage_arrears', 'labour_other', 'tourism', 'ecommerce', 'consumer_other', 'medical', 'traffic', 'property_mgmt', 'other')),
    state text NOT NULL CHECK (state IN ('registered', 'screening', 'consent_pending', 'accepted', 'assigned', 'in_mediation', 'suspended', 'agreed', 'performing', 'breached', 'fulfilled', 'terminated', 'rejected', 'merged', 'closed_success', 'closed_failed', 'closed_not_accepted', 'closed_to_court', 'archived')),
    outcome text CHECK (outcome IN ('success_written', 'success_oral', 'partial', 'failed', 'withdrawn', 'refused', 'not_accepted', 'merged', 'referred')),
    risk text NOT NULL CHECK (risk IN ('blue', 'yellow', 'orange', 'red')),
    difficulty text NOT NULL CHECK (difficulty IN ('simple', 'normal', 'complex', 'major')),
    source text NOT NULL CHECK (source IN ('application', 'ex_officio', 'delegated', 'court', 'procuratorate', 'police', 'petition_office', 'other_dept')),
    channel text NOT NULL CHECK (channel IN ('walk_in', 'hotline', 'wechat', 'grid', 'patrol', 'council', 'village_station', 'line_12345', 'line_12348', 'transfer', 'letter')),
    origin_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    origin_desk_id uuid REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    holder_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    holder_desk_id uuid REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    holder_since timestamptz NOT NULL,
    registrar_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    registered_at timestamptz NOT NULL,
    accepted_at timestamptz,
    closed_at timestamptz,
    next_step text CHECK (next_step IN ('screen', 'ask_consent', 'accept', 'assign', 'first_session', 'mediate', 'resume', 'sign', 'supervise', 'decide_transfer', 'handle_breach', 'close', 'archive')),
    next_due_at timestamptz,
    live boolean NOT NULL,
    version bigint NOT NULL,
    audit_seq bigint NOT NULL,
    audit_hash text NOT NULL,
    amount_fen bigint,
    summary text NOT NULL,
    updated_at timestamptz NOT NULL,
    detail jsonb NOT NULL
);

CREATE TABLE parties (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    side integer NOT NULL,
    role text NOT NULL CHECK (role IN ('applicant', 'respondent', 'third_party', 'represented')),
    kind text NOT NULL CHECK (kind IN ('natural_person', 'household', 'individual_business', 'legal_person', 'unincorporated_org', 'villagers_committee', 'village_collective', 'villager_group')),
    name text NOT NULL,
    name_key text NOT NULL,
    gender text NOT NULL CHECK (gender IN ('male', 'female', 'unknown')),
    birth_date date,
    id_no text,
    uscc text,
    phone text,
    email text,
    address text,
    capacity text NOT NULL CHECK (capacity IN ('full', 'limited', 'none')),
    consent text NOT NULL CHECK (consent IN ('pending', 'given', 'refused', 'withdrawn')),
    consent_at timestamptz,
    rights_notice_at timestamptz,
    is_representative boolean NOT NULL,
    settle_auth text NOT NULL CHECK (settle_auth IN ('none', 'yes', 'no')),
    withdrawn_at timestamptz,
    substituted_by uuid,
    contact_hidden boolean NOT NULL,
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    detail jsonb NOT NULL
);

CREATE TABLE participants (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL CHECK (kind IN ('legal_representative', 'agent', 'invited', 'expert', 'interpreter', 'support_person', 'department', 'observer')),
    party_id uuid REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    name text NOT NULL,
    name_key text NOT NULL,
    phone text,
    id_no text,
    organisation text,
    relation text,
    user_id uuid REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    mandate jsonb,
    consents jsonb NOT NULL,
    revoked_at timestamptz,
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL
);

CREATE TABLE issues (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    no integer NOT NULL,
    text text NOT NULL,
    claim text,
    amount_fen bigint,
    claimed_by uuid REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    state text NOT NULL CHECK (state IN ('open', 'agreed', 'dropped', 'referred')),
    referred_to text CHECK (referred_to IN ('civil_suit', 'labour_arb', 'labour_inspect', 'land_contract_arb', 'gov_land_decision', 'admin_mediation', 'admin_review', 'admin_suit', 'petition', 'commercial_arb', 'police', 'protection_order', 'legal_aid', 'notary', 'payment_order')),
    created_at timestamptz NOT NULL
);

CREATE TABLE assignments (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    role text NOT NULL CHECK (role IN ('chair', 'mediator', 'recorder', 'assistant')),
    committee_id uuid REFERENCES committees DEFERRABLE INITIALLY DEFERRED,
    mode text NOT NULL CHECK (mode IN ('designated', 'party_chosen', 'accepted')),
    from_at timestamptz NOT NULL,
    to_at timestamptz,
    end_reason text CHECK (end_reason IN ('recused', 'replaced', 'leave', 'done')),
    conflicts jsonb NOT NULL,
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE recusals (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    assignment_id uuid NOT NULL REFERENCES assignments DEFERRABLE INITIALLY DEFERRED,
    requested_by uuid NOT NULL REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    ground text CHECK (ground IN ('same_person', 'relative', 'household', 'shared_phone', 'prior_agent', 'interest', 'other')),
    note text,
    requested_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('requested', 'replaced')),
    replaced_by uuid
);

CREATE TABLE sessions (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    no integer NOT NULL,
    kind text NOT NULL CHECK (kind IN ('joint', 'caucus', 'on_site', 'online', 'conference')),
    state text NOT NULL CHECK (state IN ('planned', 'notified', 'open', 'caucus_open', 'record_draft', 'record_signed', 'closed', 'postponed', 'cancelled', 'no_show')),
    planned_from timestamptz NOT NULL,
    planned_to timestamptz NOT NULL,
    venue_kind text NOT NULL CHECK (venue_kind IN ('room', 'site', 'online', 'home')),
    room_id uuid REFERENCES rooms DEFERRABLE INITIALLY DEFERRED,
    venue text,
    is_public boolean NOT NULL,
    sequence integer NOT NULL,
    opened_at timestamptz,
    closed_at timestamptz,
    result text CHECK (result IN ('agreed', 'partial', 'not_agreed', 'continue')),
    caucus_party uuid,
    minutes text,
    attendees jsonb NOT NULL,
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    detail jsonb NOT NULL
);

CREATE TABLE notes (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    session_id uuid REFERENCES sessions DEFERRABLE INITIALLY DEFERRED,
    party_id uuid,
    visibility text NOT NULL CHECK (visibility IN ('team', 'caucus')),
    body text NOT NULL,
    author_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL
);

CREATE TABLE agreements (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    no integer NOT NULL,
    number text,
    form text NOT NULL CHECK (form IN ('written', 'oral')),
    state text NOT NULL CHECK (state IN ('draft', 'signing', 'effective', 'fulfilled', 'breached', 'varied', 'rescinded', 'invalidated', 'expired_unsigned')),
    partial boolean NOT NULL,
    reached_at timestamptz,
    signing_at timestamptz,
    effective_at timestamptz,
    sealed_at timestamptz,
    confirmation text NOT NULL CHECK (confirmation IN ('none', 'applied', 'court_accepted', 'confirmed', 'dismissed', 'not_accepted', 'withdrawn')),
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    detail jsonb NOT NULL
);

CREATE TABLE obligations (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    agreement_id uuid NOT NULL REFERENCES agreements DEFERRABLE INITIALLY DEFERRED,
    no integer NOT NULL,
    debtor_id uuid NOT NULL REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    creditor_id uuid NOT NULL REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL CHECK (kind IN ('pay', 'deliver', 'do', 'abstain', 'apologise', 'transfer_paper')),
    description text NOT NULL,
    amount_fen bigint,
    performed_fen bigint NOT NULL,
    due_on date NOT NULL,
    place text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('cash', 'bank', 'in_kind', 'on_the_spot', 'other')),
    state text NOT NULL CHECK (state IN ('pending', 'partial', 'performed', 'overdue', 'urged', 'defaulted', 'waived', 'void')),
    plan_no integer,
    plan_total_fen bigint,
    urged integer NOT NULL,
    performed_at timestamptz,
    created_at timestamptz NOT NULL
);

CREATE TABLE attachments (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL CHECK (kind IN ('evidence', 'document')),
    doc_type text NOT NULL CHECK (doc_type IN ('application', 'acceptance_form', 'rights_notice', 'identity_proof', 'mandate', 'investigation', 'site_sheet', 'evidence', 'record', 'agreement', 'voucher', 'follow_up', 'confirmation', 'delegation_letter', 'undisputed_facts', 'termination', 'minutes', 'other')),
    title text NOT NULL,
    supplied_by uuid REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    is_original boolean NOT NULL,
    sealed boolean NOT NULL,
    filename text,
    media_type text,
    size_bytes bigint,
    sha256 text,
    file_key uuid,
    stored_at timestamptz,
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL
);

CREATE TABLE performances (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    obligation_id uuid NOT NULL REFERENCES obligations DEFERRABLE INITIALLY DEFERRED,
    amount_fen bigint,
    performed_at timestamptz NOT NULL,
    confirmed_by_creditor boolean NOT NULL,
    proof_id uuid REFERENCES attachments DEFERRABLE INITIALLY DEFERRED,
    note text,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE TABLE signatures (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    thing text NOT NULL CHECK (thing IN ('agreement', 'session_record')),
    thing_id uuid NOT NULL,
    signed_as text NOT NULL CHECK (signed_as IN ('party', 'legal_representative', 'agent', 'mediator', 'recorder', 'committee_seal', 'staff_witness')),
    party_id uuid,
    participant_id uuid,
    user_id uuid REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    method text NOT NULL CHECK (method IN ('sign', 'seal', 'fingerprint', 'e_sign', 'refused')),
    signed_at timestamptz NOT NULL,
    image_sha256 text,
    note text,
    recorded_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE TABLE transfers (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    verb text NOT NULL CHECK (verb IN ('escalate', 'assign_down', 'forward', 'refer_out')),
    from_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    to_id uuid REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    external_target text,
    route text CHECK (route IN ('civil_suit', 'labour_arb', 'labour_inspect', 'land_contract_arb', 'gov_land_decision', 'admin_mediation', 'admin_review', 'admin_suit', 'petition', 'commercial_arb', 'police', 'protection_order', 'legal_aid', 'notary', 'payment_order')),
    state text NOT NULL CHECK (state IN ('submitted', 'accepted', 'returned', 'redirected', 'recalled', 'completed')),
    reasons jsonb NOT NULL,
    note text NOT NULL,
    handling_so_far text,
    materials jsonb NOT NULL,
    no_materials text,
    result_required boolean NOT NULL,
    result_due_at timestamptz,
    due_at timestamptz,
    submitted_by uuid NOT NULL,
    submitted_at timestamptz NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    defects jsonb NOT NULL,
    answer text,
    result text,
    result_at timestamptz,
    parent_id uuid
);

CREATE TABLE custody (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    org_id uuid NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    from_at timestamptz NOT NULL,
    to_at timestamptz,
    transfer_id uuid
);

CREATE TABLE incidents (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL CHECK (kind IN ('risk_red', 'dv', 'minor_harm', 'sham', 'crime')),
    found_at timestamptz NOT NULL,
    victim_party_id uuid,
    reported_to jsonb NOT NULL,
    reported_at timestamptz,
    receipt_no text,
    measures text,
    safety_plan text,
    protection_order_told boolean NOT NULL,
    closed_at timestamptz,
    outcome text,
    prevention_evidence jsonb NOT NULL,
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL
);

CREATE TABLE evaluations (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    party_id uuid NOT NULL,
    satisfaction text NOT NULL CHECK (satisfaction IN ('satisfied', 'basically', 'dissatisfied', 'not_rated')),
    comment text,
    given_via text NOT NULL CHECK (given_via IN ('in_person', 'signed', 'fingerprint', 'phone', 'online', 'application')),
    by_participant uuid,
    recorded_by uuid NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE login_sessions (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    device_id text NOT NULL,
    device_name text,
    mobile boolean NOT NULL,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    end_reason text
);

CREATE TABLE refresh_tokens (
    hash text NOT NULL PRIMARY KEY,
    login_id uuid NOT NULL REFERENCES login_sessions DEFERRABLE INITIALLY DEFERRED,
    generation bigint NOT NULL,
    issued_at timestamptz NOT NULL,
    used_at timestamptz,
    successor_hash text
);

CREATE TABLE invites (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    code_hash text NOT NULL,
    created_by uuid REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);

CREATE TABLE throttles (
    key text NOT NULL PRIMARY KEY,
    streak bigint NOT NULL,
    day bigint NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE audit_events (
    stream text NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL,
    action text NOT NULL,
    actor text NOT NULL,
    header text NOT NULL,
    payload text,
    salt text,
    hash text NOT NULL,
    PRIMARY KEY (stream, seq)
);

CREATE TABLE audit_heads (
    stream text NOT NULL PRIMARY KEY,
    seq bigint NOT NULL,
    hash text NOT NULL,
    at timestamptz NOT NULL
);

CREATE TABLE audit_leaves (
    leaf_index bigint NOT NULL PRIMARY KEY,
    stream text NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL
);

CREATE TABLE audit_nodes (
    id text NOT NULL PRIMARY KEY,
    hash text NOT NULL
);

CREATE TABLE audit_checkpoints (
    size bigint NOT NULL PRIMARY KEY,
    root text NOT NULL,
    note text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE outbox (
    id uuid NOT NULL PRIMARY KEY,
    channel text NOT NULL,
    kind text NOT NULL,
    user_id uuid,
    party_id uuid,
    participant_id uuid,
    webhook_id uuid,
    case_id uuid,
    payload jsonb NOT NULL,
    message_id text NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL,
    due_at timestamptz NOT NULL,
    lease_until timestamptz,
    lease_token uuid,
    last_error text,
    created_at timestamptz NOT NULL,
    settled_at timestamptz
);

CREATE TABLE inbox_items (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('case_assigned', 'case_accepted', 'case_rejected', 'consent_requested', 'session_invited', 'session_changed', 'session_cancelled', 'session_reminder', 'agreement_ready', 'agreement_effective', 'obligation_due', 'obligation_overdue', 'transfer_submitted', 'transfer_accepted', 'transfer_returned', 'transfer_recalled', 'transfer_redirected', 'transfer_completed', 'recusal_decided', 'case_closed', 'case_terminated', 'risk_raised', 'account_invited', 'password_reset', 'session_family_revoked', 'new_device_login', 'delivery_dead')),
    case_id uuid,
    session_id uuid,
    created_at timestamptz NOT NULL,
    read_at timestamptz
);

CREATE TABLE notice_preferences (
    id text NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL CHECK (kind IN ('case_assigned', 'case_accepted', 'case_rejected', 'consent_requested', 'session_invited', 'session_changed', 'session_cancelled', 'session_reminder', 'agreement_ready', 'agreement_effective', 'obligation_due', 'obligation_overdue', 'transfer_submitted', 'transfer_accepted', 'transfer_returned', 'transfer_recalled', 'transfer_redirected', 'transfer_completed', 'recusal_decided', 'case_closed', 'case_terminated', 'risk_raised', 'account_invited', 'password_reset', 'session_family_revoked', 'new_device_login', 'delivery_dead')),
    channel text NOT NULL,
    enabled boolean NOT NULL
);

CREATE TABLE webhooks (
    id uuid NOT NULL PRIMARY KEY,
    url text NOT NULL,
    secret text NOT NULL,
    old_secret text,
    old_secret_until timestamptz,
    events jsonb NOT NULL,
    active boolean NOT NULL,
    disabled_reason text,
    created_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at timestamptz NOT NULL
);

CREATE TABLE idempotency_keys (
    id text NOT NULL PRIMARY KEY,
    fingerprint text NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    case_id uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE TABLE case_counters (
    id text NOT NULL PRIMARY KEY,
    last bigint NOT NULL
);

CREATE TABLE calendar_days (
    day date NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    official boolean NOT NULL
);

CREATE TABLE duplicate_keys (
    id text NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind text NOT NULL,
    hash text NOT NULL,
    registered_at timestamptz NOT NULL
);

CREATE TABLE audit_pending (
    stream text NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (stream, seq)
);

CREATE TABLE change_log (
    seq bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    -- Readers take only rows whose transaction is older than every running one.
    xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    case_id uuid NOT NULL,
    version bigint NOT NULL,
    what text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX change_log_commit ON change_log (xid, seq);

CREATE TABLE case_search (
    case_id uuid NOT NULL PRIMARY KEY REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    folded text NOT NULL,
    -- Bigram tokens made by the program, so two-character words are found.
    tokens tsvector NOT NULL
);
CREATE INDEX case_search_tokens ON case_search USING gin (tokens);

CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE ON audit_events FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_leaves_append_only BEFORE UPDATE OR DELETE ON audit_leaves FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_leaves_no_truncate BEFORE TRUNCATE ON audit_leaves FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_nodes_append_only BEFORE UPDATE OR DELETE ON audit_nodes FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_nodes_no_truncate BEFORE TRUNCATE ON audit_nodes FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_checkpoints_append_only BEFORE UPDATE OR DELETE ON audit_checkpoints FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_checkpoints_no_truncate BEFORE TRUNCATE ON audit_checkpoints FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER evaluations_append_only BEFORE UPDATE OR DELETE ON evaluations FOR EACH ROW EXECUTE FUNCTION append_only();

CREATE UNIQUE INDEX users_username ON users (username);
CREATE INDEX org_units_parent ON org_units (parent_id);
CREATE INDEX committee_members_user ON committee_members (user_id);
CREATE UNIQUE INDEX committee_members_once ON committee_members (committee_id, user_id, from_on);
CREATE INDEX role_grants_user ON role_grants (user_id);
CREATE INDEX role_grants_org ON role_grants (org_id, role);
CREATE INDEX staff_relatives_user ON staff_relatives (user_id);
CREATE INDEX login_sessions_user ON login_sessions (user_id);
CREATE INDEX refresh_tokens_login ON refresh_tokens (login_id);
CREATE UNIQUE INDEX invites_code ON invites (code_hash);
CREATE INDEX throttles_at ON throttles (at);

CREATE UNIQUE INDEX cases_code ON cases (code);
CREATE UNIQUE INDEX cases_case_no ON cases (case_no);
-- One index per shipped queue: scope, liveness, then the sort key.
CREATE INDEX cases_desk_queue ON cases (holder_desk_id, live, next_due_at, id);
CREATE INDEX cases_desk_type_queue ON cases (holder_desk_id, live, kind, next_due_at, id);
CREATE INDEX cases_holder_queue ON cases (holder_id, live, next_due_at, id);
CREATE INDEX cases_county_queue ON cases (live, next_due_at, id);
CREATE INDEX cases_origin_desk ON cases (origin_desk_id, id);
CREATE INDEX cases_origin ON cases (origin_id, id);
CREATE INDEX cases_registrar ON cases (registrar_id, id);
CREATE INDEX cases_state ON cases (state, id);
CREATE INDEX cases_kind ON cases (kind, id);
CREATE INDEX cases_risk ON cases (risk, id);

CREATE INDEX parties_case ON parties (case_id, side, id);
CREATE INDEX participants_case ON participants (case_id);
CREATE INDEX participants_name ON participants (name_key);
CREATE INDEX participants_user ON participants (user_id);
CREATE UNIQUE INDEX issues_no ON issues (case_id, no);
CREATE INDEX assignments_case ON assignments (case_id);
CREATE INDEX assignments_user ON assignments (user_id, case_id);
CREATE UNIQUE INDEX assignments_one_chair ON assignments (case_id) WHERE role = 'chair' AND to_at IS NULL;
CREATE INDEX recusals_case ON recusals (case_id);
CREATE UNIQUE INDEX sessions_no ON sessions (case_id, no);
CREATE INDEX sessions_room ON sessions (room_id, planned_from);
CREATE INDEX sessions_planned ON sessions (planned_from);
CREATE INDEX notes_case ON notes (case_id, id);
CREATE UNIQUE INDEX agreements_no ON agreements (case_id, no);
CREATE INDEX obligations_case ON obligations (case_id, no);
CREATE INDEX obligations_due ON obligations (state, due_on);
CREATE INDEX performances_case ON performances (case_id);
CREATE INDEX signatures_case ON signatures (case_id);
CREATE INDEX transfers_case ON transfers (case_id);
-- At most one unanswered transfer, and exactly one open custody, per case (I1).
CREATE UNIQUE INDEX transfers_one_pending ON transfers (case_id) WHERE state = 'submitted' AND verb <> 'refer_out';
CREATE INDEX transfers_to ON transfers (to_id, state, submitted_at, id);
CREATE INDEX transfers_from ON transfers (from_id, state, submitted_at, id);
CREATE INDEX transfers_state ON transfers (state, submitted_at, id);
CREATE INDEX custody_case ON custody (case_id);
CREATE UNIQUE INDEX custody_one_open ON custody (case_id) WHERE to_at IS NULL;
CREATE INDEX incidents_case ON incidents (case_id);
CREATE INDEX attachments_case ON attachments (case_id);
CREATE UNIQUE INDEX attachments_file ON attachments (file_key);
CREATE UNIQUE INDEX evaluations_once ON evaluations (case_id, party_id);

CREATE INDEX audit_events_actor ON audit_events (actor, at);
CREATE UNIQUE INDEX audit_leaves_event ON audit_leaves (stream, seq);
CREATE INDEX outbox_due ON outbox (channel, state, due_at, id);
CREATE INDEX outbox_case ON outbox (case_id, state);
CREATE INDEX outbox_user ON outbox (user_id, settled_at);
CREATE INDEX outbox_party ON outbox (party_id, settled_at);
CREATE INDEX outbox_webhook ON outbox (webhook_id, id);
CREATE UNIQUE INDEX outbox_message ON outbox (message_id);
CREATE INDEX inbox_user ON inbox_items (user_id, id);
CREATE INDEX inbox_unread ON inbox_items (user_id) WHERE read_at IS NULL;
CREATE INDEX preferences_user ON notice_preferences (user_id);
CREATE INDEX idempotency_expiry ON idempotency_keys (expires_at);
CREATE INDEX duplicate_keys_hash ON duplicate_keys (hash, registered_at);
CREATE INDEX duplicate_keys_case ON duplicate_keys (case_id);
