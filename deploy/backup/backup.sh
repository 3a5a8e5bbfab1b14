#!/bin/bash
# Two dumps of one moment, sealed before they touch the disk (ADR 0042; how to restore them:
# docs/going-to-production.md, 5 and 6). Run by suian-backup.timer, as who may run docker compose.
#
#   data/  everything but the rows named below: opens nothing by itself, may be kept for years
#   keys/  the patients' data keys, and what patients are found by; gone after 35 days
#
# BACKUP_DIR   where both folders are
# BACKUP_KEY   whom age seals them for; the other half of that key is not on this server
set -euo pipefail
umask 027 # the folder's group fetches
cd "$(dirname "$0")/../.."

: "${BACKUP_DIR:?where the dumps go}"
read -ra postgres <<<"${POSTGRES:-docker compose exec -T -e PGUSER=postgres -e PGDATABASE=suian postgres}"
read -ra seal <<<"${SEAL:-age -r ${BACKUP_KEY:?whom the dumps are sealed for}}"
# What an erasure destroys: the rows themselves, so that no copy of them outlives it.
readonly KEYS_DAYS=35 APART=(privacy_subjectkey crm_patientcontact crm_apianswer)
mkdir -p "$BACKUP_DIR/data" "$BACKUP_DIR/keys"
now=$(date -u +%Y-%m-%dT%H%M%SZ)

# One transaction holds the moment that both dumps see.
coproc moment { "${postgres[@]}" psql -qAtX; }
exec {ask}>&"${moment[1]}" {told}<&"${moment[0]}"
cat >&"$ask" <<SQL
SET idle_in_transaction_session_timeout = 0;
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot();
SQL
read -rt 60 -u "$told" snapshot

dump() { # folder, options of pg_dump
  local file="$BACKUP_DIR/$1/suian-$1-$now.dump"
  "${postgres[@]}" pg_dump -Fc --snapshot="$snapshot" "${@:2}" </dev/null | "${seal[@]}" >"$file.part"
  sync "$file.part"
  mv "$file.part" "$file"
}
dump keys --data-only "${APART[@]/#/--table=public.}"
dump data "${APART[@]/#/--exclude-table-data=public.}"
exec {ask}>&- {told}<&-

# Only behind two that are whole: a server on which nothing succeeds any more keeps what it has.
find "$BACKUP_DIR/keys" -name 'suian-keys-*.dump*' -mmin +$((KEYS_DAYS * 24 * 60)) -delete
find "$BACKUP_DIR" -name '*.part' -mmin +1440 -delete
