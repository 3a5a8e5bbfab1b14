"""Comparing rows with what was last noted of them (ADR 0021).

The notes may be read by no role of the app; these two functions run as the owner and tell of each
row only its key and which of its boxes are not the noted ones. One statement sees one moment, so
work that goes on meanwhile is never taken for a change behind the net's back.
"""

from django.db import migrations

FUNCTIONS = """
-- Present rows, a batch by key: the last thing noted ('T': the table was emptied since), how many
-- boxes were compared, and the columns whose box is another one. A column without any note, of a
-- row older than the net or a column younger than the row, is not compared.
CREATE FUNCTION rows_compare(target text, after_key uuid, size integer)
RETURNS TABLE (row_key text, operation text, boxes integer, wrong text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET bytea_output = 'hex' AS $$
#variable_conflict use_column
DECLARE
  sealed text[];
  emptied bigint;
BEGIN
  SELECT coalesce(array_agg(attname::text), '{}') INTO sealed FROM pg_attribute
  WHERE attrelid = format('public.%I', target)::regclass
    AND atttypid = 'bytea'::regtype AND attnum > 0 AND NOT attisdropped;
  SELECT coalesce(max(change.id), 0) INTO emptied FROM privacy_rowchange AS change
  WHERE change.relation = target AND change.row_key = '*';
  RETURN QUERY EXECUTE format($query$
    SELECT line.id::text,
           CASE WHEN last.id > $5 THEN last.operation::text
                WHEN coalesce(last.id, $5) > 0 THEN 'T' END,
           compared.boxes, compared.wrong
    FROM (SELECT held.id, to_jsonb(held) AS now FROM public.%I AS held
          WHERE held.id > $3 ORDER BY held.id LIMIT $4) AS line
    LEFT JOIN LATERAL (
      SELECT change.id, change.operation FROM privacy_rowchange AS change
      WHERE change.relation = $2 AND change.row_key = line.id::text
      ORDER BY change.id DESC LIMIT 1) AS last ON true
    CROSS JOIN LATERAL (
      SELECT count(present)::integer AS boxes,
             coalesce(array_agg(name ORDER BY name) FILTER (WHERE told IS DISTINCT FROM present),
                      '{}') AS wrong
      FROM (SELECT name, note.told,
                   encode(sha256(convert_to(line.now ->> name, 'UTF8')), 'hex') AS present
            FROM unnest($1) AS name
            CROSS JOIN LATERAL (
              SELECT change.boxes ->> name AS told FROM privacy_rowchange AS change
              WHERE change.relation = $2 AND change.row_key = line.id::text
                AND name = ANY (change.columns)
              ORDER BY change.id DESC LIMIT 1) AS note) AS one) AS compared
    ORDER BY line.id
  $query$, target) USING sealed, target, after_key, size, emptied;
END $$;

-- Rows of which something was noted, a batch by key: whether one should be there and is not.
CREATE FUNCTION rows_gone(target text, after_key text, size integer)
RETURNS TABLE (row_key text, gone boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  emptied bigint;
BEGIN
  SELECT coalesce(max(change.id), 0) INTO emptied FROM privacy_rowchange AS change
  WHERE change.relation = target AND change.row_key = '*';
  RETURN QUERY EXECUTE format($query$
    SELECT noted.row_key::text,
           noted.operation <> 'D' AND noted.id > $4
             AND NOT EXISTS (SELECT FROM public.%I AS held WHERE held.id = noted.row_key::uuid)
    FROM (SELECT DISTINCT ON (change.row_key) change.row_key, change.operation, change.id
          FROM privacy_rowchange AS change
          WHERE change.relation = $1 AND change.row_key > $2 AND change.row_key <> '*'
          ORDER BY change.row_key, change.id DESC LIMIT $3) AS noted
    ORDER BY noted.row_key
  $query$, target) USING target, after_key, size, emptied;
END $$;
REVOKE ALL ON FUNCTION rows_compare(text, uuid, integer), rows_gone(text, text, integer)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rows_compare(text, uuid, integer), rows_gone(text, text, integer)
  TO suian_app;
"""

DROP = """
DROP FUNCTION rows_gone(text, text, integer);
DROP FUNCTION rows_compare(text, uuid, integer);
"""

OPERATIONS = [migrations.RunSQL(sql=FUNCTIONS, reverse_sql=DROP)]
