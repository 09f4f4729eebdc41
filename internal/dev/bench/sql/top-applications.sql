WITH counted AS (
  SELECT %[1]s AS week, app_display_name AS app, count(*) AS n FROM wide WHERE %[2]s GROUP BY 1, 2
), top AS (
  SELECT app FROM counted GROUP BY app ORDER BY sum(n) DESC, app LIMIT 3
)
SELECT week, app, n FROM counted JOIN top USING (app)
