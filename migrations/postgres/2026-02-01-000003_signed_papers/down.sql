ALTER TABLE attachments DROP COLUMN signed_by;
