-- +goose Up

-- Groups and their members, as last imported. Members are users by the id that records know them by; one that no record
-- mentions yet is kept for when it does.
CREATE TABLE entra.directory_group (
  id           int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant       int         NOT NULL,
  group_id     text        NOT NULL,
  display_name text        NOT NULL DEFAULT '',
  imported     timestamptz NOT NULL,
  UNIQUE (tenant, group_id)
);
CREATE INDEX ON entra.directory_group (lower(display_name));
CREATE TABLE entra.group_member (
  tenant          int  NOT NULL,
  directory_group int  NOT NULL,
  user_id         text NOT NULL,
  PRIMARY KEY (tenant, directory_group, user_id)
);
CREATE INDEX ON entra.group_member (tenant, user_id);

-- The groups of each account; one row without a group for an account that is in none.
CREATE VIEW entra.membership AS
  SELECT a.id, a.tenant, g.display_name AS member_of, g.group_id AS member_of_ids
  FROM entra.account a
  LEFT JOIN entra.group_member m ON m.tenant = a.tenant AND m.user_id = a.key
  LEFT JOIN entra.directory_group g ON g.id = m.directory_group;

-- What audited changes were from and to. The values are JSON in a text: of texts, quotation marks and escapes go.
ALTER TABLE entra.audit_event
  ADD COLUMN modified_properties text[] NOT NULL DEFAULT '{}',
  ADD COLUMN old_values text[] NOT NULL DEFAULT '{}',
  ADD COLUMN new_values text[] NOT NULL DEFAULT '{}';
UPDATE entra.audit_event e SET modified_properties = m.names,
  old_values = CASE WHEN array_to_string(m.old, '') = '' THEN '{}' ELSE m.old END, new_values = CASE WHEN array_to_string(m.new, '') = '' THEN '{}' ELSE m.new END
FROM (
  SELECT r.tenant, r.id, r.time, array_agg(coalesce(p ->> 'displayName', '')) AS names, 
    array_agg(CASE WHEN p ->> 'oldValue' LIKE '"%"' THEN replace(replace(substr(p ->> 'oldValue', 2, length(p ->> 'oldValue') - 2), '\"', '"'), '\\', '\') ELSE coalesce(p ->> 'oldValue', '') END) AS old,
    array_agg(CASE WHEN p ->> 'newValue' LIKE '"%"' THEN replace(replace(substr(p ->> 'newValue', 2, length(p ->> 'newValue') - 2), '\"', '"'), '\\', '\') ELSE coalesce(p ->> 'newValue', '') END) AS new
  FROM entra.audit_event_raw r CROSS JOIN LATERAL jsonb_path_query(r.record::jsonb, 'strict $.**.modifiedProperties[*]', silent => true) AS p
  GROUP BY r.tenant, r.id, r.time
) m
WHERE m.tenant = e.tenant AND m.id = e.id AND m.time = e.time;

-- What a sign-in, a user or an operation is linked to.
CREATE INDEX ON entra.risk_detection (request_id);
CREATE INDEX ON entra.audit_event USING gin (target_ids);
CREATE INDEX ON entra.provisioning_event (lower(source_identity_id));
CREATE INDEX ON entra.provisioning_event (lower(target_identity_id));

-- Pickers list names in their order.
CREATE INDEX ON entra.service_principal (lower(service_principal_name));
CREATE INDEX ON entra.resource (lower(resource_display_name));
CREATE INDEX ON entra.device (lower(device_display_name));

-- A part of a name is found by its trigrams where the server has the extension; elsewhere all names are read. Names that wait to
-- be indexed are read one by one by every search, so that few may wait.
-- +goose StatementBegin
DO $$
DECLARE
  home  text;
  named record;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA entra;
  EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'searching names will be slower: %', SQLERRM;
  END;
  SELECT n.nspname INTO home FROM pg_opclass c JOIN pg_namespace n ON n.oid = c.opcnamespace WHERE c.opcname = 'gin_trgm_ops';
  IF home IS NULL THEN
    RETURN;
  END IF;
  FOR named IN SELECT * FROM (VALUES ('account', 'user_principal_name'), ('account', 'user_display_name'), ('device', 'device_display_name')) AS v(entity, name) LOOP
    EXECUTE format('CREATE INDEX ON entra.%I USING gin (lower(%I) %I.gin_trgm_ops) WITH (gin_pending_list_limit = 64)', named.entity, named.name, home);
  END LOOP;
END $$;
-- +goose StatementEnd
