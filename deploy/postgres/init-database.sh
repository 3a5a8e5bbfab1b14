#!/bin/bash
# Run once by the Postgres image, in the new database: roles and their passwords.
set -euo pipefail

psql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --quiet -U "${POSTGRES_USER:-postgres}" -d "$POSTGRES_DB")
"${psql[@]}" -f /etc/postgresql/roles.sql
for role in owner app; do
  # The password goes in by a pipe, so it stands in no process list; nor in the log of statements.
  printf "SET log_statement = none; ALTER ROLE suian_%s PASSWORD '%s';\n" "$role" "$(cat "/run/secrets/${role}_password")" \
    | "${psql[@]}"
done
