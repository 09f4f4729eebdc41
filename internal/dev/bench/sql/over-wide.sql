SELECT %s FROM generate_series($1::timestamptz, $2::timestamptz, '1 hour') AS t
CROSS JOIN LATERAL (
  SELECT status, app_display_name FROM wide
  WHERE created_date_time > t - interval '1 hour' AND created_date_time <= t OFFSET 0
) w %s
