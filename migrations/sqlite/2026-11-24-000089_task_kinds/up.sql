-- Kinds of tasks grow with the service too; see codes_grow.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = substr(sql, 1, instr(sql, ' CHECK (kind IN (') - 1)
    || substr(substr(sql, instr(sql, ' CHECK (kind IN (')), instr(substr(sql, instr(sql, ' CHECK (kind IN (')), '))') + 2)
    WHERE type = 'table' AND name = 'tasks' AND instr(sql, ' CHECK (kind IN (') > 0;
PRAGMA writable_schema = RESET;
-- Other connections read the tables anew.
CREATE VIEW task_kinds AS SELECT 1;
DROP VIEW task_kinds;
