UPDATE entra.total t SET n = c.n FROM (
  SELECT tenant, grouping, k1, k2, k3, variant, status, sum(n) AS n
  FROM entra.rollup WHERE tier = %d GROUP BY 1, 2, 3, 4, 5, 6, 7
) c
WHERE (t.tenant, t.grouping, t.k1, t.k2, t.k3, t.variant, t.status)
    = (c.tenant, c.grouping, c.k1, c.k2, c.k3, c.variant, c.status)
