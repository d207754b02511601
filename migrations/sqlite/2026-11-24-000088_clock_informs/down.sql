DROP INDEX clocks_lights;
ALTER TABLE clocks DROP COLUMN informs;
