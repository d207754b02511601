-- The first fifty live cases of one type of a desk, by due date, and what the policy asks of them.
\set d :client_id % 14
\set t random(0, 1)
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT id, code, case_no, committee_id, procedure, title, kind, state, outcome, risk, difficulty, source,
  channel, origin_id, origin_desk_id, holder_id, holder_desk_id, holder_since, registrar_id, registered_at,
  accepted_at, closed_at, next_step, next_due_at, live, version, audit_seq, audit_hash, amount_fen, summary,
  updated_at, detail FROM cases WHERE holder_desk_id = bench_id(1, 4096 + :d * 16) AND (NOT EXISTS (SELECT id,
  case_id, user_id, role, committee_id, mode, from_at, to_at, end_reason, conflicts, created_by FROM
  assignments WHERE user_id = bench_id(3, :d * 16) AND case_id = cases.id AND end_reason = 'recused') OR
  EXISTS (SELECT id, case_id, user_id, role, committee_id, mode, from_at, to_at, end_reason, conflicts,
  created_by FROM assignments WHERE user_id = bench_id(3, :d * 16) AND case_id = cases.id AND to_at IS NULL))
  AND kind = (ARRAY['neighbour', 'marriage_family'])[:t + 1] AND live = true AND next_due_at IS NOT NULL ORDER
  BY next_due_at, id LIMIT 51;
SELECT case_id, user_id, role, to_at IS NULL, end_reason FROM assignments WHERE case_id = ANY(:page::uuid[])
  ORDER BY case_id, id;
SELECT case_id, verb, from_id, to_id, state FROM transfers WHERE case_id = ANY(:page::uuid[]) ORDER BY
  case_id, id;
SELECT case_id, unit_id FROM tasks WHERE case_id = ANY(:page::uuid[]) AND state = ANY(ARRAY['open', 'reported']) ORDER BY case_id, id;
SELECT case_id, user_id FROM case_owners WHERE case_id = ANY(:page::uuid[]) AND to_at IS NULL ORDER BY case_id, id;
ROLLBACK;
