#!/bin/bash
# Makes the secret files that docker-compose.yml names, once; existing ones are never replaced.
# Run it as root on the clinic's server: each file is given to the one container user that reads it.
# Back deploy/secrets up apart from the database: without the *.root files its data is unreadable.
set -euo pipefail
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
cd secrets

readonly APP=10001 SERVERS=999 # users inside the containers: ours; postgres and valkey
random() { head -c 32 /dev/urandom | od -An -vtx1 | tr -d ' \n'; }

make() { # name, user, content
  if [[ -e "$1" ]]; then return; fi
  printf '%s' "$3" >"$1.new"
  chown "$2:$2" "$1.new"
  chmod 0400 "$1.new"
  mv "$1.new" "$1"
}

for name in secret_key contact.root clinical.root audit.root sealer_key sms_gateway_secret \
            sms_callback_token; do
  make "$name" "$APP" "$(random)"
done
# Empty until the clinic has a mail server that asks, and a time-stamp authority: put yours in.
for name in email_host_password tsa_root.pem; do
  make "$name" "$APP" ""
done
for use in mac signer; do
  make "audit-$use.root" "$APP" "$(python3 ../audit_leaf.py "$use" <audit.root)"
done
make postgres_password "$SERVERS" "$(random)"
for role in owner app; do
  make "${role}_password" "$SERVERS" "$(random)"
  make "${role}_database_url" "$APP" \
    "postgres://suian_${role}:$(cat "${role}_password")@/suian?host=/run/postgresql"
done
# Queue, cache and counters: no command that flushes, watches, stops or reconfigures the server,
# nor one that lists, copies or takes away keys whose names it was not told.
make valkey_conf "$SERVERS" "user default on >$(random) ~* &* +@all -@admin -@dangerous -scan -randomkey -copy -dump -function"
if ! grep -q '^user default on >' valkey_conf || grep -qs '@postgres:\|@valkey:' ./*_url; then
  echo "Secrets of an earlier version: put valkey_conf, redis_url and both *_database_url away" >&2
  echo "(nowhere that the containers read) and run this again." >&2
  exit 1
fi
make redis_url "$APP" "unix://:$(sed -n 's/^user default on >\([^ ]*\) .*/\1/p' valkey_conf)@/run/valkey/valkey.sock?db=0"

for name in tls.crt tls.key; do
  [[ -e "$name" ]] || echo "Still missing: deploy/secrets/$name (readable by user 101)" >&2
done
