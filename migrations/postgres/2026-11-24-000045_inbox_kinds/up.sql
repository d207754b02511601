-- Kinds of notice are added often: which there are is known to the program alone.
ALTER TABLE inbox_items DROP CONSTRAINT inbox_items_kind_check;
