-- What a desk entered names the paper the party signed; the party's own word may still follow it.
ALTER TABLE evaluations ADD COLUMN evidence_id uuid;
DROP INDEX evaluations_once;
CREATE UNIQUE INDEX evaluations_once ON evaluations (case_id, party_id, recorded_by);
