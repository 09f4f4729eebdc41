INSERT INTO entra.account (tenant, key, user_id, user_principal_name, user_display_name, named_on)
SELECT tenant, 'idle-' || n || '-' || key, 'idle-' || n || '-' || user_id,
  replace(user_principal_name, '@', '-' || n || '@'), user_display_name || ' ' || n, named_on
FROM entra.account, generate_series(1, 1 + %[1]d / (SELECT count(*) FROM entra.account)) AS n
WHERE user_principal_name <> '' AND key NOT LIKE 'idle-%%'
ORDER BY n, key LIMIT greatest(0, %[1]d - (SELECT count(*) FROM entra.account))
