SELECT coalesce(tenant_id, ''), coalesce(app_id, ''), coalesce(app_display_name, ''), coalesce(sign_in_event_types, ''),
  coalesce(status, ''), ceil(extract(epoch FROM created_date_time) / $3)::bigint, count(*)
FROM wide WHERE created_date_time > $1 AND created_date_time <= $2
GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
