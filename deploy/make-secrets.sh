#!/bin/sh
# Makes the secrets of compose.yaml, a file each, and keeps those that are there. They are random; nobody has to know them.
# The folder is for its owner alone. The files in it can be read by whoever gets one: the users that containers run as.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
cd secrets

random() { od -An -N 24 -tx1 /dev/urandom | tr -d ' \n'; }
# Writes its input to the file $1, unless that is there already.
keep() {
  if [ -s "$1" ]; then cat > /dev/null; else cat > "$1"; fi
  chmod 444 "$1"
}

for name in postgres_password database_daemon_password database_auditor_password nats_daemon_password \
  nats_service_password plugin_secret audit_token otlp_token grafana_admin_password; do
  random | keep "$name"
done
printf 'postgres://postgres:%s@postgres:5432/countersign' "$(cat postgres_password)" | keep database_owner_url
printf 'postgres://countersign_daemon:%s@postgres:5432/countersign' "$(cat database_daemon_password)" | keep database_url
printf 'postgres://countersign_auditor:%s@postgres:5432/countersign' "$(cat database_auditor_password)" |
  keep database_auditor_url
# In quotes, for NATS would take some passwords for numbers.
printf 'DAEMON_PASSWORD: "%s"\nSERVICE_PASSWORD: "%s"\n' "$(cat nats_daemon_password)" "$(cat nats_service_password)" |
  keep nats_passwords
# For services, which know environment variables only.
printf 'NATS_PASSWORD=%s\n' "$(cat nats_service_password)" | keep service.env
