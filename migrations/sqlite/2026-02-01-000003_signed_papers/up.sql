-- The parties whose signature a paper bears.
ALTER TABLE attachments ADD COLUMN signed_by TEXT NOT NULL DEFAULT '[]';
