SELECT count(*), $2::timestamptz FROM (
  SELECT count(*), %[3]s FROM %[1]s WHERE %[2]s > $1 AND %[2]s <= $2 AND status = '%[4]v' GROUP BY 2
) g
