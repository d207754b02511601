-- A case with parties, sessions and last events, and its record in the access log.
\set d :client_id % 14
\set k random(0, :per_desk - 1)
\set n :k * 14 + case when :d = 0 then 14 else :d end
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT id, code, case_no, committee_id, procedure, title, kind, state, outcome, risk, difficulty, source,
  channel, origin_id, origin_desk_id, holder_id, holder_desk_id, holder_since, registrar_id, registered_at,
  accepted_at, closed_at, next_step, next_due_at, live, version, audit_seq, audit_hash, amount_fen, summary,
  updated_at, detail FROM cases WHERE id = bench_id(12, :n) LIMIT 1;
SELECT case_id, user_id, role, to_at IS NULL, end_reason FROM assignments WHERE case_id =
  ANY(ARRAY[bench_id(12, :n)]) ORDER BY case_id, id;
SELECT case_id, verb, from_id, to_id, state FROM transfers WHERE case_id = ANY(ARRAY[bench_id(12, :n)]) ORDER
  BY case_id, id;
SELECT case_id, unit_id FROM tasks WHERE case_id = ANY(ARRAY[bench_id(12, :n)]) AND state = ANY(ARRAY['open', 'reported']) ORDER BY case_id, id;
SELECT case_id, user_id FROM case_owners WHERE case_id = ANY(ARRAY[bench_id(12, :n)]) AND to_at IS NULL ORDER BY case_id, id;
SELECT id, kind, parent_id, name, division_code, desk_id, seal_no, active, created_at FROM org_units WHERE id
  = bench_id(1, 4096 + :d * 16) LIMIT 1;
SELECT id, case_id, side, role, kind, name, name_key, gender, birth_date, id_no, uscc, phone, email, address,
  capacity, consent, consent_at, rights_notice_at, is_representative, settle_auth, withdrawn_at,
  substituted_by, contact_hidden, created_by, created_at, detail FROM parties WHERE case_id = bench_id(12, :n)
  ORDER BY side, id;
SELECT id, case_id, no, kind, state, planned_from, planned_to, venue_kind, room_id, venue, is_public,
  sequence, opened_at, closed_at, result, caucus_party, minutes, attendees, created_by, created_at, detail
  FROM sessions WHERE case_id = bench_id(12, :n) ORDER BY no;
SELECT stream, seq, at, action, actor, header, payload, salt, hash FROM audit_events WHERE stream = 'case/' ||
  bench_id(12, :n) AND seq < 9223372036854775807 ORDER BY seq DESC LIMIT 10;
SELECT id, name FROM users WHERE id = ANY(:names::uuid[]) UNION ALL SELECT id, name FROM org_units WHERE id =
  ANY(:names::uuid[]) UNION ALL SELECT id, name FROM committees WHERE id = ANY(:names::uuid[]) UNION ALL
  SELECT id, name FROM parties WHERE id = ANY(:names::uuid[]) UNION ALL SELECT id, name FROM participants
  WHERE id = ANY(:names::uuid[]);
ROLLBACK;
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT stream, seq + 1 AS next, hash, at FROM audit_heads WHERE stream = 'reads/bench/' || :client_id LIMIT 1 FOR NO KEY UPDATE \gset
WITH written AS (INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) SELECT
  * FROM unnest(ARRAY['reads/bench/' || :client_id], ARRAY[:next::bigint], ARRAY[now()], ARRAY['read'],
  ARRAY['user/01901111-0000-7000-8000-030000000000'], ARRAY[:header::text], ARRAY[:payload::text],
  ARRAY[md5(random()::text) || md5(random()::text)], ARRAY[md5(random()::text) || md5(random()::text)])
  RETURNING stream, seq) INSERT INTO audit_pending (stream, seq) SELECT stream, seq FROM written;
UPDATE audit_heads SET seq = :next, hash = md5(random()::text) || md5(random()::text), at = now() WHERE stream
  = 'reads/bench/' || :client_id;
COMMIT;
