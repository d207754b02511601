-- Lists of codes that grow with the service are checked by the typed columns of the store alone.
ALTER TABLE inbox_items DROP CONSTRAINT IF EXISTS inbox_items_kind_check;
ALTER TABLE notice_preferences DROP CONSTRAINT IF EXISTS notice_preferences_kind_check;
ALTER TABLE role_grants DROP CONSTRAINT IF EXISTS role_grants_role_check;
ALTER TABLE agreements DROP CONSTRAINT IF EXISTS agreements_state_check;
ALTER TABLE agreements DROP CONSTRAINT IF EXISTS agreements_confirmation_check;
ALTER TABLE incidents DROP CONSTRAINT IF EXISTS incidents_kind_check;
ALTER TABLE attachments DROP CONSTRAINT IF EXISTS attachments_doc_type_check;
ALTER TABLE obligations DROP CONSTRAINT IF EXISTS obligations_kind_check;
