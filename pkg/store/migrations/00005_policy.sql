-- +goose Up

-- Conditional Access policies by the word that rollup and totals keep of their ids, with the name that the combination
-- written last has for them.
CREATE VIEW entra.policy AS
  SELECT DISTINCT ON (w.id) w.id, p.tenant, w.text AS policy_id, coalesce(e.name, '') AS policy_display_name
  FROM entra.policies p
  CROSS JOIN LATERAL unnest(p.conditional_access_policy_ids, p.conditional_access_policies) AS e(id, name)
  JOIN entra.word w ON w.text = e.id
  WHERE e.id <> ''
  ORDER BY w.id, p.id DESC;
