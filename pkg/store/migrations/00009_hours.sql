-- +goose Up

-- Failures of hours, which graphs ask for by application, are counted from the index alone: there are some on each page of
-- the table. It has the counts, which change, and so a change costs an entry in each index. Days and weeks change with each
-- batch, hours seldom.
DROP INDEX entra.rollup_2_tenant_grouping_tier_bucket_idx;
CREATE INDEX ON entra.rollup_2_2 (tenant, grouping, tier, bucket) INCLUDE (variant, k1, edge, n) WHERE status = 2;
CREATE INDEX ON entra.rollup_2_3 (tenant, grouping, tier, bucket) WHERE status = 2;

-- An index alone tells only of pages that have been vacuumed since they changed. That is soon done after each hundredth that
-- comes in; a fifth, the default, is many days.
ALTER TABLE entra.rollup_2_2 SET (autovacuum_vacuum_insert_scale_factor = 0.01);
