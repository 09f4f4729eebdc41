-- Roles with no more rights than each has use for. Run this as a superuser in the empty database, before the first
-- "entra-activity migrate". Then give each role a password, with \password in psql.

-- Owns the schema, stores records and removes old ones.
CREATE ROLE entra_writer LOGIN;
-- Reads counts for Prometheus; sees no names of people and no records. See 2-exporter.sql.
CREATE ROLE entra_exporter LOGIN;
-- Reads everything, for the data source.
CREATE ROLE entra_grafana LOGIN;

CREATE SCHEMA entra AUTHORIZATION entra_writer;
GRANT USAGE ON SCHEMA entra TO entra_exporter, entra_grafana;
ALTER DEFAULT PRIVILEGES FOR ROLE entra_writer IN SCHEMA entra GRANT SELECT ON TABLES TO entra_grafana;

-- "migrate" asks for the schema to be created if it is not there, which takes this right even if it is.
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO entra_writer', current_database()); END $$;
