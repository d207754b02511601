-- Kinds of tasks grow with the service too; see codes_grow.
ALTER TABLE tasks DROP CONSTRAINT IF EXISTS tasks_kind_check;
