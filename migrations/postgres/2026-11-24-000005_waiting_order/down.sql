ALTER TABLE audit_pending RENAME TO audit_pending_before;
ALTER TABLE audit_pending_before RENAME CONSTRAINT audit_pending_pkey TO audit_pending_before_pkey;
CREATE TABLE audit_pending (
    stream text NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (stream, seq)
);
INSERT INTO audit_pending (stream, seq) SELECT stream, seq FROM audit_pending_before;
DROP TABLE audit_pending_before;
