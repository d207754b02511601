-- Hand-overs of the key that signs checkpoints: notes that the old and the new key signed.
CREATE TABLE audit_rotations (
    size INTEGER NOT NULL PRIMARY KEY,
    note TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_rotations_no_update BEFORE UPDATE ON audit_rotations BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_rotations_no_delete BEFORE DELETE ON audit_rotations BEGIN SELECT RAISE(ABORT, 'append only'); END;
