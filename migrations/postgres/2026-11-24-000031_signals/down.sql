DROP INDEX signatures_image;
DROP TABLE signal_cursors;
DROP TABLE signals;
DROP TABLE signal_keys;
DROP TABLE signal_cases;
