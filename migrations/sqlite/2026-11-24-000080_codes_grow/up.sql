-- Lists of codes that grow with the service are checked by the typed columns of the store alone, so
-- that a new code needs no table to be built anew. Removing a CHECK changes nothing on disk: the
-- text of the table is edited, as SQLite's ALTER TABLE documentation describes for this case.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (kind IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (kind IN (')), instr(substr(sql, instr(sql, ' CHECK (kind IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'inbox_items' AND instr(sql, ' CHECK (kind IN (') > 0;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (kind IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (kind IN (')), instr(substr(sql, instr(sql, ' CHECK (kind IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'notice_preferences' AND instr(sql, ' CHECK (kind IN (') > 0;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (role IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (role IN (')), instr(substr(sql, instr(sql, ' CHECK (role IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'role_grants' AND instr(sql, ' CHECK (role IN (') > 0;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (state IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (state IN (')), instr(substr(sql, instr(sql, ' CHECK (state IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'agreements' AND instr(sql, ' CHECK (state IN (') > 0;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (confirmation IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (confirmation IN (')), instr(substr(sql, instr(sql, ' CHECK (confirmation IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'agreements' AND instr(sql, ' CHECK (confirmation IN (') > 0;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (kind IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (kind IN (')), instr(substr(sql, instr(sql, ' CHECK (kind IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'incidents' AND instr(sql, ' CHECK (kind IN (') > 0;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (doc_type IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (doc_type IN (')), instr(substr(sql, instr(sql, ' CHECK (doc_type IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'attachments' AND instr(sql, ' CHECK (doc_type IN (') > 0;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (kind IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (kind IN (')), instr(substr(sql, instr(sql, ' CHECK (kind IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'obligations' AND instr(sql, ' CHECK (kind IN (') > 0;
PRAGMA writable_schema = RESET;
-- Other connections read the tables anew.
CREATE VIEW codes_grow AS SELECT 1;
DROP VIEW codes_grow;
