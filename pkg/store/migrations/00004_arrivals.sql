-- +goose Up

-- When records came in. Rows lie in that order, so that a summary of each stretch of the table finds what is new; it costs
-- writers next to nothing.
-- +goose StatementBegin
DO $$
DECLARE
  kind text;
BEGIN
  FOREACH kind IN ARRAY ARRAY['sign_in', 'audit_event', 'provisioning_event', 'risk_detection', 'risky_user'] LOOP
    EXECUTE format('CREATE INDEX ON entra.%I USING brin (received) WITH (pages_per_range = 32, autosummarize = on)', kind);
  END LOOP;
END $$;
-- +goose StatementEnd
