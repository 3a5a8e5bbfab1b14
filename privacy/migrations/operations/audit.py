"""The trail's tables, fences and grants.

Triggers are a fence against accidents, not the proof: the proof is the signed chain and its
anchors outside the database. TRUNCATE triggers are not cloned to partitions, so the function
that makes a partition fences it by itself.
"""

from django.db import migrations

TABLES = """
CREATE TABLE privacy_auditevent (
  id uuid NOT NULL,
  at timestamptz NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  schema smallint NOT NULL,
  kind varchar(10) NOT NULL,
  action varchar(60) NOT NULL,
  outcome varchar(10) NOT NULL,
  actor uuid,
  role varchar(20) NOT NULL,
  process varchar(60) NOT NULL,
  clinic uuid,
  ip inet,
  agent varchar(200) NOT NULL,
  session bytea,
  request uuid,
  codes varchar(8)[] NOT NULL,
  fields varchar(80)[] NOT NULL,
  purpose varchar(60) NOT NULL,
  reason text NOT NULL,
  target varchar(100) NOT NULL,
  count integer NOT NULL,
  detail jsonb NOT NULL,
  digest bytea NOT NULL,
  mac bytea NOT NULL,
  CONSTRAINT audit_event_pk PRIMARY KEY (id, at),
  CONSTRAINT audit_event_has_one_author CHECK ((actor IS NULL) <> (process = '')),
  CONSTRAINT audit_event_digest_size CHECK (length(digest) = 32 AND length(mac) = 32)
) PARTITION BY RANGE (at);
CREATE INDEX audit_event_sealing ON privacy_auditevent (xid, id);
CREATE INDEX audit_event_moment ON privacy_auditevent (at DESC, id DESC);
CREATE INDEX audit_event_actor ON privacy_auditevent (actor, at DESC);
CREATE INDEX audit_event_codes ON privacy_auditevent USING gin (codes);

CREATE TABLE privacy_auditcheckpoint (
  number bigint PRIMARY KEY CHECK (number >= 1),
  sealed_at timestamptz NOT NULL,
  xid_from bigint NOT NULL,
  xid_to bigint NOT NULL,
  first_seq bigint NOT NULL,
  count bigint NOT NULL CHECK (count >= 1),
  root bytea NOT NULL CHECK (length(root) = 32),
  previous bytea NOT NULL CHECK (length(previous) = 32),
  chain bytea NOT NULL CHECK (length(chain) = 32),
  signature bytea NOT NULL CHECK (length(signature) = 64),
  CONSTRAINT audit_checkpoint_moves_forward CHECK (xid_to > xid_from)
);
CREATE TABLE privacy_auditseal (
  seq bigint PRIMARY KEY CHECK (seq >= 1),
  checkpoint bigint NOT NULL,
  event_id uuid NOT NULL,
  event_at timestamptz NOT NULL,
  leaf bytea NOT NULL CHECK (length(leaf) = 32),
  CONSTRAINT one_seal_per_event UNIQUE (event_id)
);
CREATE INDEX audit_seal_checkpoint ON privacy_auditseal (checkpoint);
"""

FENCES = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION audit_fence(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()', target);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_truncate', target);
END $$;

DO $$
DECLARE target regclass;
BEGIN
  FOREACH target IN ARRAY ARRAY['privacy_auditevent', 'privacy_auditcheckpoint',
                                'privacy_auditseal']::regclass[]
  LOOP
    EXECUTE format('CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_change', target);
    PERFORM audit_fence(target);
  END LOOP;
END $$;

-- A clock far off must not close the clinic: such events land here, and the verifier shows them.
CREATE TABLE privacy_auditevent_stray PARTITION OF privacy_auditevent DEFAULT;
REVOKE ALL ON privacy_auditevent_stray FROM suian_app;
ALTER TABLE privacy_auditevent_stray ENABLE ALWAYS TRIGGER audit_no_change;
SELECT audit_fence('privacy_auditevent_stray');

-- The app's role may ask for partitions but cannot make tables: it runs this as the owner.
CREATE FUNCTION audit_ensure_partitions(first_month date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  made integer := 0;
  month date;
  name text;
BEGIN
  FOR i IN 0 .. least(months, 24) - 1 LOOP
    month := (date_trunc('month', first_month) + make_interval(months => i))::date;
    name := 'privacy_auditevent_' || to_char(month, 'YYYYMM');
    CONTINUE WHEN to_regclass(name) IS NOT NULL;
    -- A month that already has strays keeps them where they are; the next months still get theirs.
    CONTINUE WHEN EXISTS (
      SELECT FROM privacy_auditevent_stray
      WHERE at >= month::timestamp AT TIME ZONE 'UTC'
        AND at < (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    EXECUTE format('CREATE TABLE %I PARTITION OF privacy_auditevent
                    FOR VALUES FROM (%L) TO (%L)', name,
                   month::timestamp AT TIME ZONE 'UTC',
                   (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    EXECUTE format('REVOKE ALL ON %I FROM suian_app', name);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER audit_no_change', name);
    PERFORM audit_fence(name::regclass);
    made := made + 1;
  END LOOP;
  RETURN made;
END $$;
REVOKE ALL ON FUNCTION audit_ensure_partitions(date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_ensure_partitions(date, integer) TO suian_app;
SELECT audit_ensure_partitions((now() - interval '1 month')::date, 15);
"""

GRANTS = """
REVOKE ALL ON privacy_auditevent, privacy_auditcheckpoint, privacy_auditseal FROM suian_app;
-- Every column but xid: which transaction wrote an event is the database's word, not the app's.
GRANT INSERT (id, at, schema, kind, action, outcome, actor, role, process, clinic, ip, agent,
              session, request, codes, fields, purpose, reason, target, count, detail, digest, mac)
  ON privacy_auditevent TO suian_app;
GRANT SELECT ON privacy_auditevent, privacy_auditcheckpoint, privacy_auditseal
  TO suian_auditor, suian_sealer;
GRANT INSERT ON privacy_auditcheckpoint, privacy_auditseal TO suian_sealer;
REVOKE ALL ON privacy_sealerkey FROM suian_app;
GRANT SELECT ON privacy_sealerkey TO suian_auditor, suian_sealer;
GRANT INSERT ON privacy_sealerkey TO suian_sealer;
"""

DROP = """
DROP TABLE privacy_auditevent, privacy_auditcheckpoint, privacy_auditseal;
DROP FUNCTION audit_ensure_partitions(date, integer);
DROP FUNCTION audit_fence(regclass);
DROP FUNCTION audit_refuse_change();
"""

CREATE_TABLES = migrations.RunSQL(sql=TABLES + FENCES, reverse_sql=DROP)
OPERATIONS = [migrations.RunSQL(sql=GRANTS, reverse_sql=migrations.RunSQL.noop)]
