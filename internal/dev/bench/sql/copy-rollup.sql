INSERT INTO entra.rollup AS r (tenant, grouping, tier, variant, bucket, k1, k2, k3, status, edge, n)
SELECT tenant, grouping, tier, variant, bucket + w * interval '7 days', k1, k2, k3, status, edge, n
FROM entra.rollup c, generate_series(1, %d) AS w WHERE bucket %s
ORDER BY w, c.tableoid, c.ctid -- as the writer would have come to them
ON CONFLICT (tenant, grouping, tier, variant, bucket, k1, k2, k3, status, edge) DO UPDATE SET n = r.n + excluded.n
