-- The authenticator of a user; the secret is sealed with a key outside the database.
CREATE TABLE second_factors (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    secret TEXT NOT NULL,
    last_step INTEGER,
    created_at TEXT NOT NULL,
    confirmed_at TEXT
) STRICT, WITHOUT ROWID;

-- Ten codes for a lost authenticator, each good once, as argon2id hashes.
CREATE TABLE recovery_codes (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    code_hash TEXT NOT NULL,
    created_at TEXT NOT NULL,
    used_at TEXT
) STRICT, WITHOUT ROWID;

-- Sign-ins whose password was right and whose second factor is awaited.
CREATE TABLE login_challenges (
    hash TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    epoch INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    device_name TEXT,
    mobile INTEGER NOT NULL CHECK (mobile IN (0, 1)),
    known_device INTEGER NOT NULL CHECK (known_device IN (0, 1)),
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    tries INTEGER NOT NULL,
    used_at TEXT
) STRICT, WITHOUT ROWID;

-- Until when a member of staff may work without a second factor.
CREATE TABLE second_factor_grace (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    ends_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX recovery_codes_user ON recovery_codes (user_id) WHERE used_at IS NULL;
CREATE INDEX login_challenges_end ON login_challenges (expires_at);

-- How the second factor of a login was shown; none for a password alone.
ALTER TABLE login_sessions ADD COLUMN second_factor TEXT;

-- The inbox takes one kind more.
ALTER TABLE inbox_items RENAME TO inbox_items_before;
CREATE TABLE inbox_items (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('case_assigned', 'case_accepted', 'case_rejected', 'consent_requested', 'session_invited', 'session_changed', 'session_cancelled', 'session_reminder', 'agreement_ready', 'agreement_effective', 'obligation_due', 'obligation_overdue', 'transfer_submitted', 'transfer_accepted', 'transfer_returned', 'transfer_recalled', 'transfer_redirected', 'transfer_completed', 'recusal_decided', 'case_closed', 'case_terminated', 'risk_raised', 'account_invited', 'password_reset', 'session_family_revoked', 'new_device_login', 'second_factor_changed', 'delivery_dead')),
    case_id TEXT,
    session_id TEXT,
    created_at TEXT NOT NULL,
    read_at TEXT
) STRICT;
INSERT INTO inbox_items SELECT id, user_id, kind, case_id, session_id, created_at, read_at FROM inbox_items_before;
DROP TABLE inbox_items_before;
CREATE INDEX inbox_user ON inbox_items (user_id, id);
CREATE INDEX inbox_unread ON inbox_items (user_id) WHERE read_at IS NULL;
