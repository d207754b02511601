-- A registration: two parties, an issue, six audit events, search text, duplicate traits, the kept reply.
\set d :client_id % 14
\set key random(1, 9000000000000000)
BEGIN ISOLATION LEVEL READ COMMITTED;
INSERT INTO idempotency_keys (id, fingerprint, status, headers, body, created_at, expires_at) VALUES ('bench'
  || :client_id || ':' || :key, md5(:key || 'a') || md5(:key || 'aa'), 0, 'null'::jsonb, '', now(), now() +
  interval '7 days') ON CONFLICT DO NOTHING RETURNING (extract(epoch FROM clock_timestamp()) *
  1000000)::bigint % 60000000000 * 16 + :client_id AS id \gset
SAVEPOINT diesel_savepoint_1;
SELECT id, kind, parent_id, name, division_code, desk_id, seal_no, active, created_at FROM org_units WHERE id
  = bench_id(1, 4096 + :d * 16) LIMIT 1;
SELECT id FROM calendar_versions ORDER BY id;
SELECT count(*) FROM clock_policies;
SELECT count(*) FROM cases WHERE code = 'YL-' || :id;
SELECT id FROM org_units WHERE kind = 'county_centre' AND active = true;
WITH written AS (INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) SELECT
  * FROM unnest(array_fill('case/' || bench_id(20, :id), ARRAY[6]), ARRAY[1, 2, 3, 4, 5, 6]::bigint[],
  array_fill(now(), ARRAY[6]), ARRAY['case_registered', 'party_added', 'consent_given', 'party_added',
  'issue_added', 'receipt_issued'], array_fill('user/' || bench_id(3, :d * 16), ARRAY[6]),
  array_fill(:header::text, ARRAY[6]), array_fill(:payload::text, ARRAY[6]), array_fill(md5(:key || 'a') ||
  md5(:key || 'aa'), ARRAY[6]), array_fill(md5(:key || 'b') || md5(:key || 'bb'), ARRAY[6])) RETURNING stream,
  seq) INSERT INTO audit_pending (stream, seq) SELECT stream, seq FROM written;
INSERT INTO cases (id, code, case_no, committee_id, procedure, title, kind, state, outcome, risk, difficulty,
  source, channel, origin_id, origin_desk_id, holder_id, holder_desk_id, holder_since, registrar_id,
  registered_at, accepted_at, closed_at, next_step, next_due_at, live, version, audit_seq, audit_hash,
  amount_fen, summary, updated_at, detail) VALUES (bench_id(20, :id), 'YL-' || :id, NULL, NULL,
  'people_mediation', '陈德水与林月娥邻里纠纷', 'neighbour', 'registered', NULL, 'yellow', 'normal', 'application',
  'walk_in', bench_id(1, 4096 + :d * 16), bench_id(1, 4096 + :d * 16), bench_id(1, 4096 + :d * 16),
  bench_id(1, 4096 + :d * 16), now(), bench_id(3, :d * 16), now(), NULL, NULL, 'screen', now() + interval
  '7 days', true, 1, 6, md5(:key || 'c') || md5(:key || 'cc'), NULL, '陈德水反映，因宅基地滴水檐与林月娥发生争执，多次协商未果，移民，请求调解。',
  now(),
  '{"subtype": null,"tags": [],"risk_hints": [],"relation_kind": null,"place": "凤溪第3村7组","occurred_at": null,"recorded_at": null,"people_affected": null,"delegation_letter_no": null,"oral_note": null,"jurisdiction_basis": null,"screening": null,"rejection": null,"confidentiality": null,"public_mode": false,"round_no": 1,"dv": false,"minor_harm": false,"sham": false,"safety_plan": null,"suspension": null,"termination": null,"stop_demands": [],"extension": null,"pauses": [],"round_began_at": null,"merged_into": null,"merged_from_state": null,"feedback": null,"retention": null,"reopen_reason": null,"land_notice_at": null,"paused_step": null}'::jsonb);
INSERT INTO custody (id, case_id, org_id, from_at, to_at, transfer_id) VALUES (bench_id(22, :id), bench_id(20,
  :id), bench_id(1, 4096 + :d * 16), now(), NULL, NULL);
INSERT INTO parties (id, case_id, side, role, kind, name, name_key, gender, birth_date, id_no, uscc, phone,
  email, address, capacity, consent, consent_at, rights_notice_at, is_representative, settle_auth,
  withdrawn_at, substituted_by, contact_hidden, created_by, created_at, detail) VALUES (bench_id(21,
  :id::bigint * 2), bench_id(20, :id), 1, 'applicant', 'natural_person', '陈德水', '陈德水', 'unknown', NULL, NULL,
  NULL, '+8613800000001', NULL, NULL, 'full', 'given', now(), NULL, false, 'none', NULL, NULL, false,
  bench_id(3, :d * 16), now(),
  '{"consent_via": "application","consent_by_participant": null,"refusal_words": null,"accepted_mediators": [],"wants_public": null,"wants_writing": false,"overseas": false,"own_labour": false,"child_view": null,"settle_auth_at": null,"settle_auth_via": null,"died_on": null,"substitutes_for": null,"legal_person_head": null,"mandate_signed": false}'::jsonb);
INSERT INTO parties (id, case_id, side, role, kind, name, name_key, gender, birth_date, id_no, uscc, phone,
  email, address, capacity, consent, consent_at, rights_notice_at, is_representative, settle_auth,
  withdrawn_at, substituted_by, contact_hidden, created_by, created_at, detail) VALUES (bench_id(21,
  :id::bigint * 2 + 1), bench_id(20, :id), 2, 'respondent', 'natural_person', '林月娥', '林月娥', 'unknown', NULL,
  NULL, NULL, NULL, NULL, NULL, 'full', 'pending', NULL, NULL, false, 'none', NULL, NULL, false, bench_id(3,
  :d * 16), now(),
  '{"consent_via": "application","consent_by_participant": null,"refusal_words": null,"accepted_mediators": [],"wants_public": null,"wants_writing": false,"overseas": false,"own_labour": false,"child_view": null,"settle_auth_at": null,"settle_auth_via": null,"died_on": null,"substitutes_for": null,"legal_person_head": null,"mandate_signed": false}'::jsonb);
INSERT INTO issues (id, case_id, no, text, claim, amount_fen, claimed_by, state, referred_to, created_at)
  VALUES (bench_id(23, :id), bench_id(20, :id), 1, '宅基地滴水檐', '恢复原状', NULL, NULL, 'open', NULL, now());
INSERT INTO change_log (case_id, version, what, at) VALUES (bench_id(20, :id), 1, 'case_registered', now());
INSERT INTO case_search (case_id, folded, tokens) VALUES (bench_id(20, :id),
  '陈德水与林月娥邻里纠纷
陈德水反映，因宅基地滴水檐与林月娥发生争执，多次协商未果，移民，请求调解。
yl-7k3d-9qwm-5
陈德水
林月娥', to_tsvector('simple',
  'c9648g5fb7 c5fb7g6c34 c6c34g4e0e c4e0eg6797 c6797g6708 c6708g5a25 c5a25g90bb c90bbg91cc c91ccg7ea0 c7ea0g7eb7 c6c34g53cd c53cdg6620 c56e0g5b85 c5b85g57fa c57fag5730 c5730g6ef4 c6ef4g6c34 c6c34g6a90 c6a90g4e0e c5a25g53d1 c53d1g751f c751fg4e89 c4e89g6267 c591ag6b21 c6b21g534f c534fg5546 c5546g672a c672ag679c c79fbg6c11 c8bf7g6c42 c6c42g8c03 c8c03g89e3 wyl w7k3d w9qwm w5'))
  ON CONFLICT (case_id) DO UPDATE SET folded = excluded.folded, tokens = excluded.tokens WHERE
  case_search.folded <> excluded.folded;
SELECT id, url, secret, old_secret, old_secret_until, events, active, disabled_reason, created_by, created_at
  FROM webhooks WHERE active = true;
SELECT id, case_id, side, role, kind, name, name_key, gender, birth_date, id_no, uscc, phone, email, address,
  capacity, consent, consent_at, rights_notice_at, is_representative, settle_auth, withdrawn_at,
  substituted_by, contact_hidden, created_by, created_at, detail FROM parties WHERE case_id = bench_id(20,
  :id) ORDER BY side, id;
SELECT case_id, kind FROM duplicate_keys WHERE hash = ANY(ARRAY[md5(:key || 'd'), md5(:key || 'b') || md5(:key
  || 'bb'), md5(:key || 'c') || md5(:key || 'cc'), md5(:key || 'b') || md5(:key || 'bb')]) AND registered_at
  >= now() - interval '180 days' ORDER BY case_id, kind LIMIT 400;
DELETE FROM duplicate_keys WHERE case_id = bench_id(20, :id);
INSERT INTO duplicate_keys (case_id, registered_at, id, kind, hash) SELECT bench_id(20, :id), now(), t.* FROM
  unnest(ARRAY[bench_id(20, :id) || '-name_type-0-' || md5(:key || 'd'), bench_id(20, :id) || '-name_type-1-'
  || md5(:key || 'd'), bench_id(20, :id) || '-phone-2-' || md5(:key || 'd'), bench_id(20, :id) || '-place-3-'
  || md5(:key || 'd')], ARRAY['name_type', 'name_type', 'phone', 'place'], ARRAY[md5(:key || 'd'), md5(:key ||
  'b') || md5(:key || 'bb'), md5(:key || 'c') || md5(:key || 'cc'), md5(:key || 'b') || md5(:key || 'bb')]) AS
  t;
SELECT case_id, user_id, role, to_at IS NULL, end_reason FROM assignments WHERE case_id =
  ANY(ARRAY[bench_id(20, :id)]) ORDER BY case_id, id;
SELECT case_id, verb, from_id, to_id, state FROM transfers WHERE case_id = ANY(ARRAY[bench_id(20, :id)]) ORDER
  BY case_id, id;
SELECT case_id, unit_id FROM tasks WHERE case_id = ANY(ARRAY[bench_id(20, :id)]) AND state = ANY(ARRAY['open', 'reported']) ORDER BY case_id, id;
SELECT case_id, user_id FROM case_owners WHERE case_id = ANY(ARRAY[bench_id(20, :id)]) AND to_at IS NULL ORDER BY case_id, id;
SELECT id, kind, parent_id, name, division_code, desk_id, seal_no, active, created_at FROM org_units WHERE id
  = bench_id(1, 4096 + :d * 16) LIMIT 1;
SELECT id, code, case_no, committee_id, procedure, title, kind, state, outcome, risk, difficulty, source,
  channel, origin_id, origin_desk_id, holder_id, holder_desk_id, holder_since, registrar_id, registered_at,
  accepted_at, closed_at, next_step, next_due_at, live, version, audit_seq, audit_hash, amount_fen, summary,
  updated_at, detail FROM cases WHERE id = ANY(:candidates::uuid[]);
SELECT case_id, user_id, role, to_at IS NULL, end_reason FROM assignments WHERE case_id =
  ANY(:candidates::uuid[]) ORDER BY case_id, id;
SELECT case_id, verb, from_id, to_id, state FROM transfers WHERE case_id = ANY(:candidates::uuid[]) ORDER BY
  case_id, id;
SELECT case_id, unit_id FROM tasks WHERE case_id = ANY(:candidates::uuid[]) AND state = ANY(ARRAY['open', 'reported']) ORDER BY case_id, id;
SELECT case_id, user_id FROM case_owners WHERE case_id = ANY(:candidates::uuid[]) AND to_at IS NULL ORDER BY case_id, id;
RELEASE SAVEPOINT diesel_savepoint_1;
UPDATE idempotency_keys SET status = 201, headers = :kept::jsonb, body = :body::text, case_id = bench_id(20,
  :id) WHERE id = 'bench' || :client_id || ':' || :key;
COMMIT;
