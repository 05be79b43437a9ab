#!/bin/sh
# Run once, when the database is made: the login of the daemon, which may write the ledger and nothing more, and one for
# auditors, who read. `countersign migrate` makes the schema afterwards, and takes the two roles as they are.
set -eu
psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set daemon="$(cat /run/secrets/database_daemon_password)" \
  --set auditor="$(cat /run/secrets/database_auditor_password)" << 'SQL'
CREATE ROLE countersign_writer NOLOGIN;
CREATE ROLE countersign_reader NOLOGIN;
CREATE ROLE countersign_daemon LOGIN PASSWORD :'daemon' IN ROLE countersign_writer;
CREATE ROLE countersign_auditor LOGIN PASSWORD :'auditor' IN ROLE countersign_reader;
SQL
