-- Who at the sending unit agreed to take a petition back.
ALTER TABLE transfers ADD COLUMN sender_consent TEXT;
