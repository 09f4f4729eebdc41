-- What the exporter may read, and the little it may write. Run this as entra_writer or a superuser after
-- "entra-activity migrate"; again after an update that says so.
GRANT SELECT ON entra.schema_version, entra.tenant, entra.application, entra.word, entra.total, entra.source, entra.risk, entra.risky_user_now TO entra_exporter;
GRANT SELECT (id, tenant, conditional_access_policies, conditional_access_policy_ids) ON entra.policies TO entra_exporter;
GRANT SELECT (time, tenant, application, account, status) ON entra.sign_in TO entra_exporter;
GRANT SELECT (time) ON entra.audit_event, entra.provisioning_event, entra.risk_detection, entra.risky_user TO entra_exporter;

-- It notes which applications have series of their own, and what was counted as "other" before.
GRANT SELECT, INSERT, UPDATE ON entra.series TO entra_exporter;
GRANT UPDATE (aside) ON entra.total TO entra_exporter;
