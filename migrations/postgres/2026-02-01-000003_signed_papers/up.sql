-- The parties whose signature a paper bears.
ALTER TABLE attachments ADD COLUMN signed_by jsonb NOT NULL DEFAULT '[]';
