-- +goose Up

-- Which label sets of the metrics have series of their own, and the name each is published by. What is decided stays
-- decided, so that no counter falls. k1 and k2 are keys of the grouping, 0 where they do not count.
CREATE TABLE entra.series (
  tenant   int      NOT NULL,
  grouping smallint NOT NULL,
  k1       int      NOT NULL,
  k2       int      NOT NULL,
  own      boolean  NOT NULL,
  name     text     NOT NULL,
  PRIMARY KEY (tenant, grouping, k1, k2)
);

-- How much of n was published as "other", before the label set got a series of its own.
ALTER TABLE entra.total ADD COLUMN aside bigint NOT NULL DEFAULT 0;

-- Since when a source counts, and how late its new records were: how many by the ranges of delay that the program
-- knows, and all delays together.
ALTER TABLE entra.source
  ADD COLUMN created timestamptz NOT NULL DEFAULT clock_timestamp(),
  ADD COLUMN delays bigint[] NOT NULL DEFAULT '{}',
  ADD COLUMN delay_seconds double precision NOT NULL DEFAULT 0;
UPDATE entra.source SET created = least(last_success, (SELECT min(created) FROM entra.total));
