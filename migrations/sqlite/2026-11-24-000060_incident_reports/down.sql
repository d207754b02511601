ALTER TABLE incidents DROP COLUMN reports;
ALTER TABLE incidents DROP COLUMN crisis_id;
ALTER TABLE incidents DROP COLUMN police_duty;
ALTER TABLE incidents DROP COLUMN imminent;
