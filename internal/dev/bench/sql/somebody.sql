SELECT a.user_principal_name, p.app_display_name FROM entra.sign_in r
JOIN entra.account a ON a.id = r.account JOIN entra.application p ON p.id = r.application
WHERE r.time >= $1 AND a.user_principal_name <> '' AND p.app_display_name <> '' ORDER BY r.time LIMIT 1
