ALTER TABLE transfers DROP COLUMN designation;
ALTER TABLE transfers DROP COLUMN contest;
