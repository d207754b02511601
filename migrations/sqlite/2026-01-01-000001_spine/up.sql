CREATE TABLE org_units (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('county_centre', 'township_desk', 'village_station', 'department', 'court', 'police_station', 'justice_office')),
    parent_id TEXT REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    division_code TEXT,
    desk_id TEXT,
    seal_no TEXT,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE committees (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('village', 'neighbourhood', 'township', 'subdistrict', 'enterprise', 'industry', 'other')),
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    seal_no TEXT NOT NULL,
    term_from TEXT NOT NULL,
    term_to TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    phone TEXT,
    id_no TEXT,
    address TEXT,
    birth_date TEXT,
    locale TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('invited', 'active', 'disabled')),
    password_phc TEXT,
    password_changed_at TEXT,
    epoch INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE committee_members (
    id TEXT NOT NULL PRIMARY KEY,
    committee_id TEXT NOT NULL REFERENCES committees DEFERRABLE INITIALLY DEFERRED,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    appointment TEXT NOT NULL CHECK (appointment IN ('member', 'engaged')),
    full_time INTEGER NOT NULL CHECK (full_time IN (0, 1)),
    is_chair INTEGER NOT NULL CHECK (is_chair IN (0, 1)),
    female INTEGER NOT NULL CHECK (female IN (0, 1)),
    from_on TEXT NOT NULL,
    to_on TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE role_grants (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    role TEXT NOT NULL CHECK (role IN ('village_steward', 'shopkeeper', 'mediator', 'recorder', 'desk_head', 'justice_office', 'county_dispatcher', 'county_supervisor', 'dept_liaison', 'archivist', 'auditor', 'sys_admin', 'sec_admin')),
    org_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    granted_by TEXT,
    granted_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;

CREATE TABLE staff_relatives (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('spouse', 'parent', 'child', 'sibling', 'cousin', 'other_kin', 'household', 'employer')),
    name TEXT NOT NULL,
    id_no TEXT,
    phone TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE rooms (
    id TEXT NOT NULL PRIMARY KEY,
    org_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

CREATE TABLE cases (
    id TEXT NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    case_no TEXT,
    committee_id TEXT REFERENCES committees DEFERRABLE INITIALLY DEFERRED,
    procedure TEXT NOT NULL CHECK (procedure IN ('people_mediation', 'admin_mediation', 'court_delegated', 'petition', 'consult')),
    title TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('marriage_family', 'neighbour', 'house_homestead', 'contract', 'business', 'damage', 'forest_land', 'expropriation', 'environment', 'wage_arrears', 'labour_other', 'tourism', 'ecommerce', 'consumer_other', 'medical', 'traffic', 'property_mgmt', 'other')),
    state TEXT NOT NULL CHECK (state IN ('registered', 'screening', 'consent_pending', 'accepted', 'assigned', 'in_mediation', 'suspended', 'agreed', 'performing', 'breached', 'fulfilled', 'terminated', 'rejected', 'merged', 'closed_success', 'closed_failed', 'closed_not_accepted', 'closed_to_court', 'archived')),
    outcome TEXT CHECK (outcome IN ('success_written', 'success_oral', 'partial', 'failed', 'withdrawn', 'refused', 'not_accepted', 'merged', 'referred')),
    risk TEXT NOT NULL CHECK (risk IN ('blue', 'yellow', 'orange', 'red')),
    difficulty TEXT NOT NULL CHECK (difficulty IN ('simple', 'normal', 'complex', 'major')),
    source TEXT NOT NULL CHECK (source IN ('application', 'ex_officio', 'delegated', 'court', 'procuratorate', 'police', 'petition_office', 'other_dept')),
    channel TEXT NOT NULL CHECK (channel IN ('walk_in', 'hotline', 'wechat', 'grid', 'patrol', 'council', 'village_station', 'line_12345', 'line_12348', 'transfer', 'letter')),
    origin_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    origin_desk_id TEXT REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    holder_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    holder_desk_id TEXT REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    holder_since TEXT NOT NULL,
    registrar_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    registered_at TEXT NOT NULL,
    accepted_at TEXT,
    closed_at TEXT,
    next_step TEXT CHECK (next_step IN ('screen', 'ask_consent', 'accept', 'assign', 'first_session', 'mediate', 'resume', 'sign', 'supervise', 'decide_transfer', 'handle_breach', 'close', 'archive')),
    next_due_at TEXT,
    live INTEGER NOT NULL CHECK (live IN (0, 1)),
    version INTEGER NOT NULL,
    audit_seq INTEGER NOT NULL,
    audit_hash TEXT NOT NULL,
    amount_fen INTEGER,
    summary TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE TABLE parties (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    side INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('applicant', 'respondent', 'third_party', 'represented')),
    kind TEXT NOT NULL CHECK (kind IN ('natural_person', 'household', 'individual_business', 'legal_person', 'unincorporated_org', 'villagers_committee', 'village_collective', 'villager_group')),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    gender TEXT NOT NULL CHECK (gender IN ('male', 'female', 'unknown')),
    birth_date TEXT,
    id_no TEXT,
    uscc TEXT,
    phone TEXT,
    email TEXT,
    address TEXT,
    capacity TEXT NOT NULL CHECK (capacity IN ('full', 'limited', 'none')),
    consent TEXT NOT NULL CHECK (consent IN ('pending', 'given', 'refused', 'withdrawn')),
    consent_at TEXT,
    rights_notice_at TEXT,
    is_representative INTEGER NOT NULL CHECK (is_representative IN (0, 1)),
    settle_auth TEXT NOT NULL CHECK (settle_auth IN ('none', 'yes', 'no')),
    withdrawn_at TEXT,
    substituted_by TEXT,
    contact_hidden INTEGER NOT NULL CHECK (contact_hidden IN (0, 1)),
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE TABLE participants (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('legal_representative', 'agent', 'invited', 'expert', 'interpreter', 'support_person', 'department', 'observer')),
    party_id TEXT REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    phone TEXT,
    id_no TEXT,
    organisation TEXT,
    relation TEXT,
    user_id TEXT REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    mandate TEXT,
    consents TEXT NOT NULL,
    revoked_at TEXT,
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE issues (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    no INTEGER NOT NULL,
    text TEXT NOT NULL,
    claim TEXT,
    amount_fen INTEGER,
    claimed_by TEXT REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    state TEXT NOT NULL CHECK (state IN ('open', 'agreed', 'dropped', 'referred')),
    referred_to TEXT CHECK (referred_to IN ('civil_suit', 'labour_arb', 'labour_inspect', 'land_contract_arb', 'gov_land_decision', 'admin_mediation', 'admin_review', 'admin_suit', 'petition', 'commercial_arb', 'police', 'protection_order', 'legal_aid', 'notary', 'payment_order')),
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE assignments (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    role TEXT NOT NULL CHECK (role IN ('chair', 'mediator', 'recorder', 'assistant')),
    committee_id TEXT REFERENCES committees DEFERRABLE INITIALLY DEFERRED,
    mode TEXT NOT NULL CHECK (mode IN ('designated', 'party_chosen', 'accepted')),
    from_at TEXT NOT NULL,
    to_at TEXT,
    end_reason TEXT CHECK (end_reason IN ('recused', 'replaced', 'leave', 'done')),
    conflicts TEXT NOT NULL,
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED
) STRICT;

CREATE TABLE recusals (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    assignment_id TEXT NOT NULL REFERENCES assignments DEFERRABLE INITIALLY DEFERRED,
    requested_by TEXT NOT NULL REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    ground TEXT CHECK (ground IN ('same_person', 'relative', 'household', 'shared_phone', 'prior_agent', 'interest', 'other')),
    note TEXT,
    requested_at TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'replaced')),
    replaced_by TEXT
) STRICT;

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    no INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('joint', 'caucus', 'on_site', 'online', 'conference')),
    state TEXT NOT NULL CHECK (state IN ('planned', 'notified', 'open', 'caucus_open', 'record_draft', 'record_signed', 'closed', 'postponed', 'cancelled', 'no_show')),
    planned_from TEXT NOT NULL,
    planned_to TEXT NOT NULL,
    venue_kind TEXT NOT NULL CHECK (venue_kind IN ('room', 'site', 'online', 'home')),
    room_id TEXT REFERENCES rooms DEFERRABLE INITIALLY DEFERRED,
    venue TEXT,
    is_public INTEGER NOT NULL CHECK (is_public IN (0, 1)),
    sequence INTEGER NOT NULL,
    opened_at TEXT,
    closed_at TEXT,
    result TEXT CHECK (result IN ('agreed', 'partial', 'not_agreed', 'continue')),
    caucus_party TEXT,
    minutes TEXT,
    attendees TEXT NOT NULL,
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE TABLE notes (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    session_id TEXT REFERENCES sessions DEFERRABLE INITIALLY DEFERRED,
    party_id TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('team', 'caucus')),
    body TEXT NOT NULL,
    author_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE agreements (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    no INTEGER NOT NULL,
    number TEXT,
    form TEXT NOT NULL CHECK (form IN ('written', 'oral')),
    state TEXT NOT NULL CHECK (state IN ('draft', 'signing', 'effective', 'fulfilled', 'breached', 'varied', 'rescinded', 'invalidated', 'expired_unsigned')),
    partial INTEGER NOT NULL CHECK (partial IN (0, 1)),
    reached_at TEXT,
    signing_at TEXT,
    effective_at TEXT,
    sealed_at TEXT,
    confirmation TEXT NOT NULL CHECK (confirmation IN ('none', 'applied', 'court_accepted', 'confirmed', 'dismissed', 'not_accepted', 'withdrawn')),
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;

CREATE TABLE obligations (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    agreement_id TEXT NOT NULL REFERENCES agreements DEFERRABLE INITIALLY DEFERRED,
    no INTEGER NOT NULL,
    debtor_id TEXT NOT NULL REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    creditor_id TEXT NOT NULL REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('pay', 'deliver', 'do', 'abstain', 'apologise', 'transfer_paper')),
    description TEXT NOT NULL,
    amount_fen INTEGER,
    performed_fen INTEGER NOT NULL,
    due_on TEXT NOT NULL,
    place TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('cash', 'bank', 'in_kind', 'on_the_spot', 'other')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'partial', 'performed', 'overdue', 'urged', 'defaulted', 'waived', 'void')),
    plan_no INTEGER,
    plan_total_fen INTEGER,
    urged INTEGER NOT NULL,
    performed_at TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE attachments (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('evidence', 'document')),
    doc_type TEXT NOT NULL CHECK (doc_type IN ('application', 'acceptance_form', 'rights_notice', 'identity_proof', 'mandate', 'investigation', 'site_sheet', 'evidence', 'record', 'agreement', 'voucher', 'follow_up', 'confirmation', 'delegation_letter', 'undisputed_facts', 'termination', 'minutes', 'other')),
    title TEXT NOT NULL,
    supplied_by TEXT REFERENCES parties DEFERRABLE INITIALLY DEFERRED,
    is_original INTEGER NOT NULL CHECK (is_original IN (0, 1)),
    sealed INTEGER NOT NULL CHECK (sealed IN (0, 1)),
    filename TEXT,
    media_type TEXT,
    size_bytes INTEGER,
    sha256 TEXT,
    file_key TEXT,
    stored_at TEXT,
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE performances (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    obligation_id TEXT NOT NULL REFERENCES obligations DEFERRABLE INITIALLY DEFERRED,
    amount_fen INTEGER,
    performed_at TEXT NOT NULL,
    confirmed_by_creditor INTEGER NOT NULL CHECK (confirmed_by_creditor IN (0, 1)),
    proof_id TEXT REFERENCES attachments DEFERRABLE INITIALLY DEFERRED,
    note TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at TEXT NOT NULL
) STRICT;

CREATE TABLE signatures (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    thing TEXT NOT NULL CHECK (thing IN ('agreement', 'session_record')),
    thing_id TEXT NOT NULL,
    signed_as TEXT NOT NULL CHECK (signed_as IN ('party', 'legal_representative', 'agent', 'mediator', 'recorder', 'committee_seal', 'staff_witness')),
    party_id TEXT,
    participant_id TEXT,
    user_id TEXT REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    method TEXT NOT NULL CHECK (method IN ('sign', 'seal', 'fingerprint', 'e_sign', 'refused')),
    signed_at TEXT NOT NULL,
    image_sha256 TEXT,
    note TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at TEXT NOT NULL
) STRICT;

CREATE TABLE transfers (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    verb TEXT NOT NULL CHECK (verb IN ('escalate', 'assign_down', 'forward', 'refer_out')),
    from_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    to_id TEXT REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    external_target TEXT,
    route TEXT CHECK (route IN ('civil_suit', 'labour_arb', 'labour_inspect', 'land_contract_arb', 'gov_land_decision', 'admin_mediation', 'admin_review', 'admin_suit', 'petition', 'commercial_arb', 'police', 'protection_order', 'legal_aid', 'notary', 'payment_order')),
    state TEXT NOT NULL CHECK (state IN ('submitted', 'accepted', 'returned', 'redirected', 'recalled', 'completed')),
    reasons TEXT NOT NULL,
    note TEXT NOT NULL,
    handling_so_far TEXT,
    materials TEXT NOT NULL,
    no_materials TEXT,
    result_required INTEGER NOT NULL CHECK (result_required IN (0, 1)),
    result_due_at TEXT,
    due_at TEXT,
    submitted_by TEXT NOT NULL,
    submitted_at TEXT NOT NULL,
    decided_by TEXT,
    decided_at TEXT,
    defects TEXT NOT NULL,
    answer TEXT,
    result TEXT,
    result_at TEXT,
    parent_id TEXT
) STRICT;

CREATE TABLE custody (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    org_id TEXT NOT NULL REFERENCES org_units DEFERRABLE INITIALLY DEFERRED,
    from_at TEXT NOT NULL,
    to_at TEXT,
    transfer_id TEXT
) STRICT;

CREATE TABLE incidents (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('risk_red', 'dv', 'minor_harm', 'sham', 'crime')),
    found_at TEXT NOT NULL,
    victim_party_id TEXT,
    reported_to TEXT NOT NULL,
    reported_at TEXT,
    receipt_no TEXT,
    measures TEXT,
    safety_plan TEXT,
    protection_order_told INTEGER NOT NULL CHECK (protection_order_told IN (0, 1)),
    closed_at TEXT,
    outcome TEXT,
    prevention_evidence TEXT NOT NULL,
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE evaluations (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    party_id TEXT NOT NULL,
    satisfaction TEXT NOT NULL CHECK (satisfaction IN ('satisfied', 'basically', 'dissatisfied', 'not_rated')),
    comment TEXT,
    given_via TEXT NOT NULL CHECK (given_via IN ('in_person', 'signed', 'fingerprint', 'phone', 'online', 'application')),
    by_participant TEXT,
    recorded_by TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE login_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    device_id TEXT NOT NULL,
    device_name TEXT,
    mobile INTEGER NOT NULL CHECK (mobile IN (0, 1)),
    created_at TEXT NOT NULL,
    last_seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ended_at TEXT,
    end_reason TEXT
) STRICT;

CREATE TABLE refresh_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    login_id TEXT NOT NULL REFERENCES login_sessions DEFERRABLE INITIALLY DEFERRED,
    generation INTEGER NOT NULL,
    issued_at TEXT NOT NULL,
    used_at TEXT,
    successor_hash TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE invites (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    code_hash TEXT NOT NULL,
    created_by TEXT REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;

CREATE TABLE throttles (
    key TEXT NOT NULL PRIMARY KEY,
    streak INTEGER NOT NULL,
    day INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_events (
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    header TEXT NOT NULL,
    payload TEXT,
    salt TEXT,
    hash TEXT NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_heads (
    stream TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_leaves (
    leaf_index INTEGER NOT NULL PRIMARY KEY,
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE TABLE audit_nodes (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_checkpoints (
    size INTEGER NOT NULL PRIMARY KEY,
    root TEXT NOT NULL,
    note TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE outbox (
    id TEXT NOT NULL PRIMARY KEY,
    channel TEXT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT,
    party_id TEXT,
    participant_id TEXT,
    webhook_id TEXT,
    case_id TEXT,
    payload TEXT NOT NULL,
    message_id TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at TEXT NOT NULL,
    lease_until TEXT,
    lease_token TEXT,
    last_error TEXT,
    created_at TEXT NOT NULL,
    settled_at TEXT
) STRICT;

CREATE TABLE inbox_items (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('case_assigned', 'case_accepted', 'case_rejected', 'consent_requested', 'session_invited', 'session_changed', 'session_cancelled', 'session_reminder', 'agreement_ready', 'agreement_effective', 'obligation_due', 'obligation_overdue', 'transfer_submitted', 'transfer_accepted', 'transfer_returned', 'transfer_recalled', 'transfer_redirected', 'transfer_completed', 'recusal_decided', 'case_closed', 'case_terminated', 'risk_raised', 'account_invited', 'password_reset', 'session_family_revoked', 'new_device_login', 'delivery_dead')),
    case_id TEXT,
    session_id TEXT,
    created_at TEXT NOT NULL,
    read_at TEXT
) STRICT;

CREATE TABLE notice_preferences (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL CHECK (kind IN ('case_assigned', 'case_accepted', 'case_rejected', 'consent_requested', 'session_invited', 'session_changed', 'session_cancelled', 'session_reminder', 'agreement_ready', 'agreement_effective', 'obligation_due', 'obligation_overdue', 'transfer_submitted', 'transfer_accepted', 'transfer_returned', 'transfer_recalled', 'transfer_redirected', 'transfer_completed', 'recusal_decided', 'case_closed', 'case_terminated', 'risk_raised', 'account_invited', 'password_reset', 'session_family_revoked', 'new_device_login', 'delivery_dead')),
    channel TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE webhooks (
    id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    old_secret_until TEXT,
    events TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    disabled_reason TEXT,
    created_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    created_at TEXT NOT NULL
) STRICT;

CREATE TABLE idempotency_keys (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body TEXT NOT NULL,
    case_id TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE case_counters (
    id TEXT NOT NULL PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE calendar_days (
    day TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    official INTEGER NOT NULL CHECK (official IN (0, 1))
) STRICT;

CREATE TABLE duplicate_keys (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    kind TEXT NOT NULL,
    hash TEXT NOT NULL,
    registered_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_pending (
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE change_log (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- One writer at a time: the order of `seq` is the order of commits.
    xid INTEGER NOT NULL DEFAULT 0,
    case_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    what TEXT NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE case_search (
    doc INTEGER NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL UNIQUE REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    folded TEXT NOT NULL
) STRICT;

-- Rows hold bigram tokens made by the program, so two-character words are found.
CREATE VIRTUAL TABLE case_fts USING fts5 (tokens, content = '', contentless_delete = 1, detail = none);

CREATE TRIGGER audit_events_no_update BEFORE UPDATE ON audit_events BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_events_no_delete BEFORE DELETE ON audit_events BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_leaves_no_update BEFORE UPDATE ON audit_leaves BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_leaves_no_delete BEFORE DELETE ON audit_leaves BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_nodes_no_update BEFORE UPDATE ON audit_nodes BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_nodes_no_delete BEFORE DELETE ON audit_nodes BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_checkpoints_no_update BEFORE UPDATE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_checkpoints_no_delete BEFORE DELETE ON audit_checkpoints BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER evaluations_no_update BEFORE UPDATE ON evaluations BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER evaluations_no_delete BEFORE DELETE ON evaluations BEGIN SELECT RAISE(ABORT, 'append only'); END;

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
