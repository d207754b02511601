DROP INDEX transfers_decided;
DROP INDEX cases_age;
DROP INDEX cases_closed;
DROP INDEX cases_registered;
DROP TABLE return_items;
DROP TABLE returns;
DROP TABLE return_entries;
