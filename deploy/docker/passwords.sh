#!/bin/sh
# Run by the image of PostgreSQL in a new database: gives the roles of 1-roles.sql their password.
set -eu
psql --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --set=ON_ERROR_STOP=1 --set=password="$(cat /run/secrets/password)" <<'SQL'
ALTER ROLE entra_writer PASSWORD :'password';
ALTER ROLE entra_exporter PASSWORD :'password';
ALTER ROLE entra_grafana PASSWORD :'password';
SQL
