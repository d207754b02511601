-- Who was told of an incident, one by one, and how soon that was due.
ALTER TABLE incidents ADD COLUMN imminent boolean NOT NULL DEFAULT false;
ALTER TABLE incidents ADD COLUMN police_duty boolean NOT NULL DEFAULT false;
ALTER TABLE incidents ADD COLUMN crisis_id uuid;
ALTER TABLE incidents ADD COLUMN reports jsonb NOT NULL DEFAULT '[]';
