DROP TABLE dossier_entries;
DROP TABLE dossiers;
ALTER TABLE attachments DROP COLUMN pages;
