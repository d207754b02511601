ALTER TABLE audit_pending RENAME TO audit_pending_before;
CREATE TABLE audit_pending (
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_pending (stream, seq) SELECT stream, seq FROM audit_pending_before;
DROP TABLE audit_pending_before;
