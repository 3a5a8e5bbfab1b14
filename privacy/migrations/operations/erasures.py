"""The ledger of erasures only grows, and what it names gets no key again (ADR 0012)."""

from django.db import migrations

FENCES = """
REVOKE UPDATE, DELETE ON privacy_erasure FROM suian_app;
CREATE FUNCTION erasure_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger of erasures is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER erasure_stays BEFORE UPDATE OR DELETE ON privacy_erasure
  FOR EACH ROW EXECUTE FUNCTION erasure_refuse_change();

CREATE FUNCTION erased_stays_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM written JOIN privacy_erasure AS gone USING (subject_id, zone)) THEN
    RAISE EXCEPTION 'an erased zone gets no new data key'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'erased_stays_erased';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER erased_stays_erased AFTER INSERT ON privacy_subjectkey
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION erased_stays_erased();
"""

DROP = """
DROP TRIGGER erased_stays_erased ON privacy_subjectkey;
DROP FUNCTION erased_stays_erased();
DROP TRIGGER erasure_stays ON privacy_erasure;
DROP FUNCTION erasure_refuse_change();
GRANT UPDATE, DELETE ON privacy_erasure TO suian_app;
"""

OPERATIONS = [migrations.RunSQL(sql=FENCES, reverse_sql=DROP)]
