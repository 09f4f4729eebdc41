SELECT %[1]s, t FROM (
  SELECT count(*) AS n, date_trunc('hour', %[3]s - interval '1 microsecond') + interval '1 hour' AS t, %[4]s
  FROM %[2]s WHERE %[3]s > $1::timestamptz - interval '1 hour' AND %[3]s <= $2 GROUP BY 2, 3
) g GROUP BY t
