DELETE FROM inbox_items WHERE kind = 'second_factor_changed';
ALTER TABLE inbox_items
    DROP CONSTRAINT inbox_items_kind_check,
    ADD CONSTRAINT inbox_items_kind_check CHECK (kind IN ('case_assigned', 'case_accepted', 'case_rejected', 'consent_requested', 'session_invited', 'session_changed', 'session_cancelled', 'session_reminder', 'agreement_ready', 'agreement_effective', 'obligation_due', 'obligation_overdue', 'transfer_submitted', 'transfer_accepted', 'transfer_returned', 'transfer_recalled', 'transfer_redirected', 'transfer_completed', 'recusal_decided', 'case_closed', 'case_terminated', 'risk_raised', 'account_invited', 'password_reset', 'session_family_revoked', 'new_device_login', 'delivery_dead'));
ALTER TABLE login_sessions DROP COLUMN second_factor;
DROP TABLE second_factor_grace;
DROP TABLE login_challenges;
DROP TABLE recovery_codes;
DROP TABLE second_factors;
