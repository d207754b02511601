-- Pages of a stored file, counted once.
ALTER TABLE attachments ADD COLUMN pages INTEGER;

-- Dossiers as bound at archiving, and their papers with the page numbers given then.
CREATE TABLE dossiers (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    edition INTEGER NOT NULL,
    number TEXT NOT NULL,
    volume TEXT,
    pages INTEGER NOT NULL,
    file_key TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    archived_by TEXT NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    archived_at TEXT NOT NULL
) STRICT;

CREATE TABLE dossier_entries (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    dossier_id TEXT NOT NULL REFERENCES dossiers DEFERRABLE INITIALLY DEFERRED,
    no INTEGER NOT NULL,
    doc TEXT NOT NULL CHECK (doc IN ('cover', 'catalogue', 'application', 'acceptance_form', 'delegation_letter', 'rejection', 'rights_notice', 'identity_proof', 'mandate', 'investigation', 'site_sheet', 'evidence', 'record', 'undisputed_facts', 'minutes', 'agreement', 'oral_register', 'termination', 'voucher', 'follow_up', 'confirmation', 'closing_report', 'other', 'note', 'back_cover')),
    title TEXT NOT NULL,
    object_id TEXT,
    attachment_id TEXT REFERENCES attachments DEFERRABLE INITIALLY DEFERRED,
    file TEXT NOT NULL,
    sha256 TEXT,
    pages INTEGER NOT NULL,
    page_from INTEGER
) STRICT;

CREATE UNIQUE INDEX dossiers_edition ON dossiers (case_id, edition);
CREATE UNIQUE INDEX dossiers_file ON dossiers (file_key);
CREATE UNIQUE INDEX dossier_entries_no ON dossier_entries (dossier_id, no);
