-- +goose Up

-- Provisioning is counted by the application itself instead of the name it had: names change, and rows have the newest.
-- What rows there are is counted anew. Of what retention has removed, the name tells the application, if one still has it.
CREATE TABLE entra.rollup_31 PARTITION OF entra.rollup FOR VALUES IN (31) PARTITION BY LIST (tier);
CREATE TABLE entra.rollup_31_2 PARTITION OF entra.rollup_31 FOR VALUES IN (2) WITH (fillfactor = 80);
CREATE TABLE entra.rollup_31_3 PARTITION OF entra.rollup_31 FOR VALUES IN (3) WITH (fillfactor = 80);

WITH kept AS (
  SELECT coalesce((SELECT before FROM entra.retention WHERE kind = 'provisioningEvent'), '-infinity') AS since
)
INSERT INTO entra.rollup (tenant, grouping, tier, variant, bucket, k1, k2, k3, status, edge, n)
SELECT c.*, count(*) FROM (
  SELECT r.tenant, 31, t.tier, r.variant, date_bin(t.width, r.time, timestamptz '1900-01-01 00:00+00') AS bucket, r.service_principal, w.id, 0, r.status,
    r.time = date_bin(t.width, r.time, timestamptz '1900-01-01 00:00+00')
  FROM entra.provisioning_event r LEFT JOIN entra.provisioning p ON p.id = r.provisioning JOIN entra.word w ON w.text = coalesce(p.provisioning_action, '')
    CROSS JOIN (VALUES (2, interval '1 hour'), (3, interval '1 day')) AS t(tier, width)
) c, kept WHERE c.bucket >= kept.since GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
UNION ALL
SELECT r.tenant, 31, r.tier, r.variant, r.bucket, coalesce(s.id, 0), r.k2, 0, r.status, r.edge, sum(r.n)
FROM entra.rollup r JOIN entra.word w ON w.id = r.k1 CROSS JOIN kept
  LEFT JOIN LATERAL (SELECT id FROM entra.service_principal s WHERE s.tenant = r.tenant AND s.service_principal_name = w.text ORDER BY id LIMIT 1) s ON true
WHERE r.grouping = 30 AND r.bucket < kept.since GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10;

DROP TABLE entra.rollup_30;
