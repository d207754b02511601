-- A registration: two parties, an issue, six audit events, search text, duplicate traits, the kept reply.
-- @write
INSERT INTO idempotency_keys (id, fingerprint, status, headers, body, created_at, expires_at) VALUES
  (:new_key, :hash1, 0, 'null', '', :now, :later) ON CONFLICT DO NOTHING;
SAVEPOINT diesel_savepoint_1;
SELECT id, kind, parent_id, name, division_code, desk_id, seal_no, active, created_at FROM org_units WHERE id
  = :desk_id LIMIT 1;
SELECT id FROM calendar_versions ORDER BY id;
SELECT count(*) FROM clock_policies;
SELECT count(*) FROM cases WHERE code = :new_code;
SELECT id FROM org_units WHERE kind = 'county_centre' AND active = 1;
INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) VALUES (:new_stream, 1,
  :now, 'case_registered', 'user/01901111-0000-7000-8000-030000000000', :header, :payload, :hash1, :hash2);
INSERT INTO audit_pending (stream, seq) VALUES (:new_stream, 1);
INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) VALUES (:new_stream, 2,
  :now, 'party_added', 'user/01901111-0000-7000-8000-030000000000', :header, :payload, :hash1, :hash2);
INSERT INTO audit_pending (stream, seq) VALUES (:new_stream, 2);
INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) VALUES (:new_stream, 3,
  :now, 'consent_given', 'user/01901111-0000-7000-8000-030000000000', :header, :payload, :hash1, :hash2);
INSERT INTO audit_pending (stream, seq) VALUES (:new_stream, 3);
INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) VALUES (:new_stream, 4,
  :now, 'party_added', 'user/01901111-0000-7000-8000-030000000000', :header, :payload, :hash1, :hash2);
INSERT INTO audit_pending (stream, seq) VALUES (:new_stream, 4);
INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) VALUES (:new_stream, 5,
  :now, 'issue_added', 'user/01901111-0000-7000-8000-030000000000', :header, :payload, :hash1, :hash2);
INSERT INTO audit_pending (stream, seq) VALUES (:new_stream, 5);
INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) VALUES (:new_stream, 6,
  :now, 'receipt_issued', 'user/01901111-0000-7000-8000-030000000000', :header, :payload, :hash1, :hash2);
INSERT INTO audit_pending (stream, seq) VALUES (:new_stream, 6);
INSERT INTO cases (id, code, case_no, committee_id, procedure, title, kind, state, outcome, risk, difficulty,
  source, channel, origin_id, origin_desk_id, holder_id, holder_desk_id, holder_since, registrar_id,
  registered_at, accepted_at, closed_at, next_step, next_due_at, live, version, audit_seq, audit_hash,
  amount_fen, summary, updated_at, detail) VALUES (:new_id, :new_code, NULL, NULL, 'people_mediation',
  '陈德水与林月娥邻里纠纷', 'neighbour', 'registered', NULL, 'yellow', 'normal', 'application', 'walk_in', :desk_id,
  :desk_id, :desk_id, :desk_id, :now, :user_id, :now, NULL, NULL, 'screen', :later, 1, 1, 6, :hash3, NULL,
  '陈德水反映，因宅基地滴水檐与林月娥发生争执，多次协商未果，移民，请求调解。', :now,
  '{"subtype": null,"tags": [],"risk_hints": [],"relation_kind": null,"place": "凤溪第3村7组","occurred_at": null,"recorded_at": null,"people_affected": null,"delegation_letter_no": null,"oral_note": null,"jurisdiction_basis": null,"screening": null,"rejection": null,"confidentiality": null,"public_mode": false,"round_no": 1,"dv": false,"minor_harm": false,"sham": false,"safety_plan": null,"suspension": null,"termination": null,"stop_demands": [],"extension": null,"pauses": [],"round_began_at": null,"merged_into": null,"merged_from_state": null,"feedback": null,"retention": null,"reopen_reason": null,"land_notice_at": null,"paused_step": null}');
INSERT INTO custody (id, case_id, org_id, from_at, to_at, transfer_id) VALUES (:new_custody, :new_id,
  :desk_id, :now, NULL, NULL);
INSERT INTO parties (id, case_id, side, role, kind, name, name_key, gender, birth_date, id_no, uscc, phone,
  email, address, capacity, consent, consent_at, rights_notice_at, is_representative, settle_auth,
  withdrawn_at, substituted_by, contact_hidden, created_by, created_at, detail) VALUES (:new_party1, :new_id,
  1, 'applicant', 'natural_person', '陈德水', '陈德水', 'unknown', NULL, NULL, NULL, '+8613800000001', NULL, NULL,
  'full', 'given', :now, NULL, 0, 'none', NULL, NULL, 0, :user_id, :now,
  '{"consent_via": "application","consent_by_participant": null,"refusal_words": null,"accepted_mediators": [],"wants_public": null,"wants_writing": false,"overseas": false,"own_labour": false,"child_view": null,"settle_auth_at": null,"settle_auth_via": null,"died_on": null,"substitutes_for": null,"legal_person_head": null,"mandate_signed": false}');
INSERT INTO parties (id, case_id, side, role, kind, name, name_key, gender, birth_date, id_no, uscc, phone,
  email, address, capacity, consent, consent_at, rights_notice_at, is_representative, settle_auth,
  withdrawn_at, substituted_by, contact_hidden, created_by, created_at, detail) VALUES (:new_party2, :new_id,
  2, 'respondent', 'natural_person', '林月娥', '林月娥', 'unknown', NULL, NULL, NULL, NULL, NULL, NULL, 'full',
  'pending', NULL, NULL, 0, 'none', NULL, NULL, 0, :user_id, :now,
  '{"consent_via": "application","consent_by_participant": null,"refusal_words": null,"accepted_mediators": [],"wants_public": null,"wants_writing": false,"overseas": false,"own_labour": false,"child_view": null,"settle_auth_at": null,"settle_auth_via": null,"died_on": null,"substitutes_for": null,"legal_person_head": null,"mandate_signed": false}');
INSERT INTO issues (id, case_id, no, text, claim, amount_fen, claimed_by, state, referred_to, created_at)
  VALUES (:new_issue, :new_id, 1, '宅基地滴水檐', '恢复原状', NULL, NULL, 'open', NULL, :now);
INSERT INTO change_log (case_id, version, what, at) VALUES (:new_id, 1, 'case_registered', :now);
SELECT doc, folded FROM case_search WHERE case_id = :new_id LIMIT 1;
INSERT INTO case_search (case_id, folded) VALUES (:new_id,
  '陈德水与林月娥邻里纠纷
陈德水反映，因宅基地滴水檐与林月娥发生争执，多次协商未果，移民，请求调解。
yl-7k3d-9qwm-5
陈德水
林月娥');
SELECT doc, folded FROM case_search WHERE case_id = :new_id LIMIT 1;
INSERT INTO case_fts (rowid, tokens) VALUES (last_insert_rowid(),
  'c9648g5fb7 c5fb7g6c34 c6c34g4e0e c4e0eg6797 c6797g6708 c6708g5a25 c5a25g90bb c90bbg91cc c91ccg7ea0 c7ea0g7eb7 c6c34g53cd c53cdg6620 c56e0g5b85 c5b85g57fa c57fag5730 c5730g6ef4 c6ef4g6c34 c6c34g6a90 c6a90g4e0e c5a25g53d1 c53d1g751f c751fg4e89 c4e89g6267 c591ag6b21 c6b21g534f c534fg5546 c5546g672a c672ag679c c79fbg6c11 c8bf7g6c42 c6c42g8c03 c8c03g89e3 wyl w7k3d w9qwm w5');
SELECT id, url, secret, old_secret, old_secret_until, events, active, disabled_reason, created_by, created_at
  FROM webhooks WHERE active = 1;
SELECT id, case_id, side, role, kind, name, name_key, gender, birth_date, id_no, uscc, phone, email, address,
  capacity, consent, consent_at, rights_notice_at, is_representative, settle_auth, withdrawn_at,
  substituted_by, contact_hidden, created_by, created_at, detail FROM parties WHERE case_id = :new_id ORDER BY
  side, id;
SELECT case_id, kind FROM duplicate_keys WHERE hash IN (:hash1, :hash2, :hash3, :place) AND registered_at >=
  :earlier ORDER BY case_id, kind LIMIT 400;
DELETE FROM duplicate_keys WHERE case_id = :new_id;
INSERT INTO duplicate_keys (id, case_id, kind, hash, registered_at) VALUES (:new_id || '-name_type-0-' ||
  :hash1, :new_id, 'name_type', :hash1, :now);
INSERT INTO duplicate_keys (id, case_id, kind, hash, registered_at) VALUES (:new_id || '-name_type-1-' ||
  :hash1, :new_id, 'name_type', :hash2, :now);
INSERT INTO duplicate_keys (id, case_id, kind, hash, registered_at) VALUES (:new_id || '-phone-2-' || :hash1,
  :new_id, 'phone', :hash3, :now);
INSERT INTO duplicate_keys (id, case_id, kind, hash, registered_at) VALUES (:new_id || '-place-3-' || :hash1,
  :new_id, 'place', :place, :now);
SELECT case_id, user_id, role, to_at IS NULL, end_reason FROM assignments WHERE case_id IN (:new_id) ORDER BY
  case_id, id;
SELECT case_id, verb, from_id, to_id, state FROM transfers WHERE case_id IN (:new_id) ORDER BY case_id, id;
SELECT case_id, unit_id FROM tasks WHERE case_id IN (:new_id) AND state IN ('open', 'reported') ORDER BY case_id, id;
SELECT case_id, user_id FROM case_owners WHERE case_id IN (:new_id) AND to_at IS NULL ORDER BY case_id, id;
SELECT id, kind, parent_id, name, division_code, desk_id, seal_no, active, created_at FROM org_units WHERE id
  = :desk_id LIMIT 1;
SELECT id, code, case_no, committee_id, procedure, title, kind, state, outcome, risk, difficulty, source,
  channel, origin_id, origin_desk_id, holder_id, holder_desk_id, holder_since, registrar_id, registered_at,
  accepted_at, closed_at, next_step, next_due_at, live, version, audit_seq, audit_hash, amount_fen, summary,
  updated_at, detail FROM cases WHERE id IN (:candidates*);
SELECT case_id, user_id, role, to_at IS NULL, end_reason FROM assignments WHERE case_id IN (:candidates*)
  ORDER BY case_id, id;
SELECT case_id, verb, from_id, to_id, state FROM transfers WHERE case_id IN (:candidates*) ORDER BY case_id,
  id;
SELECT case_id, unit_id FROM tasks WHERE case_id IN (:candidates*) AND state IN ('open', 'reported') ORDER BY case_id, id;
SELECT case_id, user_id FROM case_owners WHERE case_id IN (:candidates*) AND to_at IS NULL ORDER BY case_id, id;
RELEASE SAVEPOINT diesel_savepoint_1;
UPDATE idempotency_keys SET status = 201, headers = :kept, body = :body, case_id = :new_id WHERE id =
  :new_key;
