-- Who was told of an incident, one by one, and how soon that was due.
ALTER TABLE incidents ADD COLUMN imminent INTEGER NOT NULL DEFAULT 0 CHECK (imminent IN (0, 1));
ALTER TABLE incidents ADD COLUMN police_duty INTEGER NOT NULL DEFAULT 0 CHECK (police_duty IN (0, 1));
ALTER TABLE incidents ADD COLUMN crisis_id TEXT;
ALTER TABLE incidents ADD COLUMN reports TEXT NOT NULL DEFAULT '[]';
