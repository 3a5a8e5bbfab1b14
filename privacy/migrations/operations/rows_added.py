"""New rows are noted a statement at a time instead of one by one.

The same note a row, for half the price where many rows come at once: the trigger is called once,
with all of them in a table of its own. Changes and deletions stay row by row (ADR 0010).
"""

from django.db import migrations

TURN = """
CREATE FUNCTION rows_note_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  INSERT INTO privacy_rowchange (relation, operation, row_key, columns, boxes)
  SELECT TG_TABLE_NAME, 'I', one.value ->> 'id', noted.columns, noted.boxes
  FROM (SELECT to_jsonb(fresh.*) AS value FROM added AS fresh) AS one,
       LATERAL (
         SELECT coalesce(array_agg(key ORDER BY key), '{}') AS columns,
                coalesce(jsonb_object_agg(key, encode(sha256(convert_to(text, 'UTF8')), 'hex'))
                         FILTER (WHERE text LIKE '\\\\x%'), '{}') AS boxes
         FROM jsonb_each_text(one.value) AS part (key, text)
       ) AS noted;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION rows_note_added() FROM PUBLIC;

CREATE OR REPLACE FUNCTION rows_watch(target regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE fence text;
BEGIN
  EXECUTE format('CREATE TRIGGER rows_noted AFTER UPDATE OR DELETE ON %s
                  FOR EACH ROW EXECUTE FUNCTION rows_note()', target);
  EXECUTE format('CREATE TRIGGER rows_added AFTER INSERT ON %s
                  REFERENCING NEW TABLE AS added
                  FOR EACH STATEMENT EXECUTE FUNCTION rows_note_added()', target);
  EXECUTE format('CREATE TRIGGER rows_emptied AFTER TRUNCATE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION rows_note()', target);
  FOREACH fence IN ARRAY ARRAY['rows_noted', 'rows_added', 'rows_emptied'] LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', target, fence);
  END LOOP;
END $$;
"""

BACK = """
CREATE OR REPLACE FUNCTION rows_watch(target regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER rows_noted AFTER INSERT OR UPDATE OR DELETE ON %s
                  FOR EACH ROW EXECUTE FUNCTION rows_note()', target);
  EXECUTE format('CREATE TRIGGER rows_emptied AFTER TRUNCATE ON %s
                  FOR EACH STATEMENT EXECUTE FUNCTION rows_note()', target);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER rows_noted', target);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER rows_emptied', target);
END $$;
"""

WATCH_ANEW = """
DO $$
DECLARE target regclass;
BEGIN
  FOR target IN SELECT tgrelid FROM pg_trigger WHERE tgname = 'rows_noted' LOOP
    EXECUTE format('DROP TRIGGER rows_noted ON %s', target);
    EXECUTE format('DROP TRIGGER IF EXISTS rows_added ON %s', target);
    EXECUTE format('DROP TRIGGER rows_emptied ON %s', target);
    PERFORM rows_watch(target);
  END LOOP;
END $$;
"""

OPERATIONS = [
    migrations.RunSQL(
        sql=TURN + WATCH_ANEW,
        reverse_sql=BACK + WATCH_ANEW + "DROP FUNCTION rows_note_added();",
    )
]
