-- The authenticator of a user; the secret is sealed with a key outside the database.
CREATE TABLE second_factors (
    user_id uuid NOT NULL PRIMARY KEY REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    secret text NOT NULL,
    last_step bigint,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz
);

-- Ten codes for a lost authenticator, each good once, as argon2id hashes.
CREATE TABLE recovery_codes (
    id uuid NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    code_hash text NOT NULL,
    created_at timestamptz NOT NULL,
    used_at timestamptz
);

-- Sign-ins whose password was right and whose second factor is awaited.
CREATE TABLE login_challenges (
    hash text NOT NULL PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    epoch bigint NOT NULL,
    device_id text NOT NULL,
    device_name text,
    mobile boolean NOT NULL,
    known_device boolean NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    tries bigint NOT NULL,
    used_at timestamptz
);

-- Until when a member of staff may work without a second factor.
CREATE TABLE second_factor_grace (
    user_id uuid NOT NULL PRIMARY KEY REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    ends_at timestamptz NOT NULL
);

CREATE INDEX recovery_codes_user ON recovery_codes (user_id) WHERE used_at IS NULL;
CREATE INDEX login_challenges_end ON login_challenges (expires_at);

-- How the second factor of a login was shown; none for a password alone.
ALTER TABLE login_sessions ADD COLUMN second_factor text;

-- The inbox takes one kind more.
ALTER TABLE inbox_items
    DROP CONSTRAINT inbox_items_kind_check,
    ADD CONSTRAINT inbox_items_kind_check CHECK (kind IN ('case_assigned', 'case_accepted', 'case_rejected', 'consent_requested', 'session_invited', 'session_changed', 'session_cancelled', 'session_reminder', 'agreement_ready', 'agreement_effective', 'obligation_due', 'obligation_overdue', 'transfer_submitted', 'transfer_accepted', 'transfer_returned', 'transfer_recalled', 'transfer_redirected', 'transfer_completed', 'recusal_decided', 'case_closed', 'case_terminated', 'risk_raised', 'account_invited', 'password_reset', 'session_family_revoked', 'new_device_login', 'second_factor_changed', 'delivery_dead'));
