-- Pages of a stored file, counted once.
ALTER TABLE attachments ADD COLUMN pages bigint;

-- Dossiers as bound at archiving, and their papers with the page numbers given then.
CREATE TABLE dossiers (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    edition integer NOT NULL,
    number text NOT NULL,
    volume text,
    pages bigint NOT NULL,
    file_key uuid NOT NULL,
    sha256 text NOT NULL,
    size_bytes bigint NOT NULL,
    archived_by uuid NOT NULL REFERENCES users DEFERRABLE INITIALLY DEFERRED,
    archived_at timestamptz NOT NULL
);

CREATE TABLE dossier_entries (
    id uuid NOT NULL PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases DEFERRABLE INITIALLY DEFERRED,
    dossier_id uuid NOT NULL REFERENCES dossiers DEFERRABLE INITIALLY DEFERRED,
    no integer NOT NULL,
    doc text NOT NULL CHECK (doc IN ('cover', 'catalogue', 'application', 'acceptance_form', 'delegation_letter', 'rejection', 'rights_notice', 'identity_proof', 'mandate', 'investigation', 'site_sheet', 'evidence', 'record', 'undisputed_facts', 'minutes', 'agreement', 'oral_register', 'termination', 'voucher', 'follow_up', 'confirmation', 'closing_report', 'other', 'note', 'back_cover')),
    title text NOT NULL,
    object_id uuid,
    attachment_id uuid REFERENCES attachments DEFERRABLE INITIALLY DEFERRED,
    file text NOT NULL,
    sha256 text,
    pages bigint NOT NULL,
    page_from bigint
);

CREATE UNIQUE INDEX dossiers_edition ON dossiers (case_id, edition);
CREATE UNIQUE INDEX dossiers_file ON dossiers (file_key);
CREATE UNIQUE INDEX dossier_entries_no ON dossier_entries (dossier_id, no);
