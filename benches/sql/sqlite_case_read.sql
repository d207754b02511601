-- A case with parties, sessions and last events, and its record in the access log.
-- @read
SELECT id, code, case_no, committee_id, procedure, title, kind, state, outcome, risk, difficulty, source,
  channel, origin_id, origin_desk_id, holder_id, holder_desk_id, holder_since, registrar_id, registered_at,
  accepted_at, closed_at, next_step, next_due_at, live, version, audit_seq, audit_hash, amount_fen, summary,
  updated_at, detail FROM cases WHERE id = :case_id LIMIT 1;
SELECT case_id, user_id, role, to_at IS NULL, end_reason FROM assignments WHERE case_id IN (:case_id) ORDER BY
  case_id, id;
SELECT case_id, verb, from_id, to_id, state FROM transfers WHERE case_id IN (:case_id) ORDER BY case_id, id;
SELECT case_id, unit_id FROM tasks WHERE case_id IN (:case_id) AND state IN ('open', 'reported') ORDER BY case_id, id;
SELECT case_id, user_id FROM case_owners WHERE case_id IN (:case_id) AND to_at IS NULL ORDER BY case_id, id;
SELECT id, kind, parent_id, name, division_code, desk_id, seal_no, active, created_at FROM org_units WHERE id
  = :desk_id LIMIT 1;
SELECT id, case_id, side, role, kind, name, name_key, gender, birth_date, id_no, uscc, phone, email, address,
  capacity, consent, consent_at, rights_notice_at, is_representative, settle_auth, withdrawn_at,
  substituted_by, contact_hidden, created_by, created_at, detail FROM parties WHERE case_id = :case_id ORDER
  BY side, id;
SELECT id, case_id, no, kind, state, planned_from, planned_to, venue_kind, room_id, venue, is_public,
  sequence, opened_at, closed_at, result, caucus_party, minutes, attendees, created_by, created_at, detail
  FROM sessions WHERE case_id = :case_id ORDER BY no;
SELECT stream, seq, at, action, actor, header, payload, salt, hash FROM audit_events WHERE stream = :stream
  AND seq < 9223372036854775807 ORDER BY seq DESC LIMIT 10;
SELECT id, name FROM users WHERE id IN (:names*) UNION ALL SELECT id, name FROM org_units WHERE id IN
  (:names*) UNION ALL SELECT id, name FROM committees WHERE id IN (:names*) UNION ALL SELECT id, name FROM
  parties WHERE id IN (:names*) UNION ALL SELECT id, name FROM participants WHERE id IN (:names*);
-- @log
SELECT stream, seq, hash, at FROM audit_heads WHERE stream = 'reads/bench' LIMIT 1;
-- @log_each
INSERT INTO audit_events (stream, seq, at, action, actor, header, payload, salt, hash) VALUES ('reads/bench',
  :next, :now, 'read', 'user/01901111-0000-7000-8000-030000000000', :header, :payload, :hash1, :hash2);
INSERT INTO audit_pending (stream, seq) VALUES ('reads/bench', :next);
-- @log_end
UPDATE audit_heads SET seq = :next, hash = :hash3, at = :now WHERE stream = 'reads/bench';
