-- Hand-overs of the key that signs checkpoints: notes that the old and the new key signed.
CREATE TABLE audit_rotations (
    size bigint NOT NULL PRIMARY KEY,
    note text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TRIGGER audit_rotations_append_only BEFORE UPDATE OR DELETE ON audit_rotations FOR EACH ROW EXECUTE FUNCTION append_only();
CREATE TRIGGER audit_rotations_no_truncate BEFORE TRUNCATE ON audit_rotations FOR EACH STATEMENT EXECUTE FUNCTION append_only();
