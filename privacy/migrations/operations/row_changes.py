"""The second net under the trail: triggers that note every change of a row, whoever makes it.

A service writes events; ``update()``, bulk calls, raw SQL, a shell, psql and migrations may not.
Plain AFTER triggers: what belongs to which event is told by the transaction id, which nobody can
set, and not by a session variable, which anybody could (ADR 0010).
"""

from django.db import migrations

TABLE = """
ALTER TABLE privacy_rowchange
  ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  ALTER COLUMN at SET DEFAULT clock_timestamp(),
  ALTER COLUMN context SET DEFAULT coalesce(current_setting('suian.process', true), ''),
  ALTER COLUMN db_role SET DEFAULT session_user;
CREATE INDEX row_change_sealing ON privacy_rowchange (xid, id);

-- Runs as the owner: the app's role has no right on the table at all. Boxes are told by their
-- hash, as the text Postgres shows of them; what is readable in a table is not repeated here.
CREATE FUNCTION rows_note() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  before jsonb := CASE WHEN TG_OP IN ('UPDATE', 'DELETE') THEN to_jsonb(OLD) END;
  after jsonb := CASE WHEN TG_OP IN ('UPDATE', 'INSERT') THEN to_jsonb(NEW) END;
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO privacy_rowchange (relation, operation, row_key, columns, boxes)
    VALUES (TG_TABLE_NAME, 'T', '*', '{}', '{}');
    RETURN NULL;
  END IF;
  INSERT INTO privacy_rowchange (relation, operation, row_key, columns, boxes)
  SELECT TG_TABLE_NAME, left(TG_OP, 1), coalesce(after, before) ->> 'id',
         coalesce(array_agg(key ORDER BY key), '{}'),
         coalesce(jsonb_object_agg(key, encode(sha256(convert_to(value #>> '{}', 'UTF8')), 'hex'))
                  FILTER (WHERE value #>> '{}' LIKE '\\\\x%'), '{}')
  FROM jsonb_each(coalesce(after, before))
  WHERE TG_OP <> 'UPDATE' OR value IS DISTINCT FROM before -> key;
  RETURN NULL;
END $$;

CREATE FUNCTION rows_watch(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER rows_noted AFTER INSERT OR UPDATE OR DELETE ON %s
                  FOR EACH ROW EXECUTE FUNCTION rows_note()', target);
  EXECUTE format('CREATE TRIGGER rows_emptied AFTER TRUNCATE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION rows_note()', target);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER rows_noted', target);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER rows_emptied', target);
END $$;
REVOKE ALL ON FUNCTION rows_note(), rows_watch(regclass) FROM PUBLIC;

DO $$
DECLARE target regclass;
BEGIN
  FOREACH target IN ARRAY ARRAY['privacy_rowchange', 'privacy_rowseal']::regclass[]
  LOOP
    EXECUTE format('CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_no_change', target);
    PERFORM audit_fence(target);
  END LOOP;
END $$;

REVOKE ALL ON privacy_rowchange, privacy_rowseal FROM suian_app;
REVOKE ALL ON SEQUENCE privacy_rowchange_id_seq FROM suian_app;
GRANT SELECT ON privacy_rowchange, privacy_rowseal TO suian_auditor, suian_sealer;
GRANT INSERT ON privacy_rowseal TO suian_sealer;
"""

DROP = """
DROP FUNCTION rows_note() CASCADE;
DROP FUNCTION rows_watch(regclass);
"""

OPERATIONS = [migrations.RunSQL(sql=TABLE, reverse_sql=DROP)]


def watch(*tables: str) -> migrations.RunSQL:
    """Put the net under these tables; every new table's migration says so (a test asks)."""
    return migrations.RunSQL(
        sql="".join(f"SELECT rows_watch('{table}'::regclass);\n" for table in tables),
        reverse_sql="".join(
            f"DROP TRIGGER rows_noted ON {table}; DROP TRIGGER rows_emptied ON {table};\n"
            f"DROP TRIGGER IF EXISTS rows_added ON {table};\n"  # later than this file
            for table in tables
        ),
    )
