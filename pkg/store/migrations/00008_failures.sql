-- +goose Up

-- Failures are asked for most, are one cell in seven, and are scattered among all others: an index of their own spares
-- reading those.
CREATE INDEX ON entra.rollup_2 (tenant, grouping, tier, bucket) WHERE status = 2;
