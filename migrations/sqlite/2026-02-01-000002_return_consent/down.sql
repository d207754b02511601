ALTER TABLE transfers DROP COLUMN sender_consent;
