-- Events wait for the tree in the order they came: a pass reads the first of them, not all.
ALTER TABLE audit_pending RENAME TO audit_pending_before;
CREATE TABLE audit_pending (
    id INTEGER NOT NULL PRIMARY KEY,
    stream TEXT NOT NULL,
    seq INTEGER NOT NULL,
    UNIQUE (stream, seq)
) STRICT;
INSERT INTO audit_pending (stream, seq)
    SELECT p.stream, p.seq FROM audit_pending_before p
    LEFT JOIN audit_events e ON e.stream = p.stream AND e.seq = p.seq
    ORDER BY e.at, p.stream, p.seq;
DROP TABLE audit_pending_before;
