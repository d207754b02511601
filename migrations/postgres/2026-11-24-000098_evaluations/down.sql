DROP INDEX evaluations_once;
CREATE UNIQUE INDEX evaluations_once ON evaluations (case_id, party_id);
ALTER TABLE evaluations DROP COLUMN evidence_id;
