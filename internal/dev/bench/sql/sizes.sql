SELECT
  (SELECT count(*) FROM entra.sign_in),
  (SELECT count(*) FROM entra.account WHERE key NOT LIKE 'idle-%%'),
  (SELECT count(*) FROM entra.application),
  (SELECT count(DISTINCT ip_address) FROM wide),
  (SELECT count(*) FROM entra.rollup),
  (SELECT pg_size_pretty(sum(pg_total_relation_size(c.oid))) FROM pg_class c
   WHERE c.relnamespace = 'entra'::regnamespace AND c.relkind = 'r' AND c.relname NOT LIKE '%%raw%%'),
  pg_size_pretty(pg_total_relation_size('wide'))
