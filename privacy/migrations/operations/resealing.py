"""The one gate in the fences round locked records: a box for a newer box, nothing else (ADR 0011).

A submitted consultation or an issued estimate never changes; its cipher text has to, when its
patient gets a new data key. Triggers of such tables ask ``resealing()``: true only inside
``reseal_box``, which runs as the owner and puts a well-formed box of the patient's newest key,
just as long, in the place of exactly the box that was read.
"""

from django.db import migrations

GATE = """
CREATE FUNCTION resealing() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT COALESCE(current_setting('suian.resealing', true), '') = 'on'
     AND current_user = (SELECT pg_get_userbyid(relowner)
                         FROM pg_class WHERE oid = 'privacy_subjectkey'::regclass)
$$;

CREATE FUNCTION reseal_box(target text, sealed text, line uuid, was bytea, now_is bytea,
                           patient uuid, in_zone text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  newest integer;
  held integer := get_byte(now_is, 2) * 16777216 + get_byte(now_is, 3) * 65536
                + get_byte(now_is, 4) * 256 + get_byte(now_is, 5);
  changed integer;
BEGIN
  SELECT max(version) INTO newest FROM privacy_subjectkey
  WHERE subject_id = patient AND zone = in_zone;
  IF target LIKE 'privacy\\_%' OR substr(was, 1, 2) <> '\\x0101' OR substr(now_is, 1, 2) <> '\\x0101'
     OR length(was) <> length(now_is) OR held IS DISTINCT FROM newest THEN
    RAISE EXCEPTION 'only a box of the newest data key takes the place of a box'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM set_config('suian.resealing', 'on', true);
  EXECUTE format('UPDATE public.%I SET %I = $1 WHERE id = $2 AND %I = $3', target, sealed, sealed)
    USING now_is, line, was;
  GET DIAGNOSTICS changed = ROW_COUNT;
  PERFORM set_config('suian.resealing', 'off', true);
  RETURN changed = 1;
END $$;
REVOKE ALL ON FUNCTION reseal_box(text, text, uuid, bytea, bytea, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reseal_box(text, text, uuid, bytea, bytea, uuid, text) TO suian_app;
"""

DROP = """
DROP FUNCTION reseal_box(text, text, uuid, bytea, bytea, uuid, text);
DROP FUNCTION resealing();
"""

OPERATIONS = [migrations.RunSQL(sql=GATE, reverse_sql=DROP)]
