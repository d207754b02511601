-- Kinds of notice are added often: which there are is known to the program alone.
ALTER TABLE inbox_items RENAME TO inbox_items_before;
CREATE TABLE inbox_items (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    case_id TEXT,
    session_id TEXT,
    created_at TEXT NOT NULL,
    read_at TEXT
) STRICT;
INSERT INTO inbox_items SELECT id, user_id, kind, case_id, session_id, created_at, read_at FROM inbox_items_before;
DROP TABLE inbox_items_before;
CREATE INDEX inbox_user ON inbox_items (user_id, id);
CREATE INDEX inbox_unread ON inbox_items (user_id) WHERE read_at IS NULL;
