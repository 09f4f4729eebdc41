WITH counted AS (
  SELECT %s AS value, count(*) AS n FROM %s WHERE r.time >= $1 AND r.time < $2 GROUP BY 1
), ranked AS (
  SELECT value, row_number() OVER (ORDER BY n DESC, value) AS rank, count(*) OVER () AS among FROM counted WHERE value <> ''
)
SELECT value FROM ranked WHERE rank IN (1, among / 2) ORDER BY rank
