"""What only SQL can hold of prices and estimates.

Prices: periods of one code never overlap; a price row is never rewritten, only ended.
Estimates: an issued version and its lines keep their content for ever, states move forward only,
nothing of it is deleted. The ways of a version repeat consult.fees.lifecycle; a test compares them.
"""

from django.db import migrations

PRICES = """
-- Trusted since PostgreSQL 13: the database's owner may make it without being a superuser.
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE consult_priceitem ADD CONSTRAINT one_price_at_a_time EXCLUDE USING gist (
  clinic_id WITH =, code WITH =, daterange(effective_from, effective_until, '[)') WITH &&
);
REVOKE UPDATE, DELETE ON consult_priceitem FROM suian_app;
GRANT UPDATE (effective_until, updated_at) ON consult_priceitem TO suian_app;
"""

VERSIONS = """
CREATE FUNCTION fees_guard_estimate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an estimate is never deleted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.number, OLD.created_by_id, OLD.created_at)
     IS DISTINCT FROM
     (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.number, NEW.created_by_id, NEW.created_at) THEN
    RAISE EXCEPTION 'an estimate keeps its patient and number'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.title IS DISTINCT FROM NEW.title AND EXISTS (
    SELECT 1 FROM consult_estimateversion WHERE estimate_id = OLD.id AND state <> 'draft'
  ) THEN
    RAISE EXCEPTION 'an issued estimate keeps its title' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION fees_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a version of an estimate is never deleted'
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'draft' THEN
      RAISE EXCEPTION 'a version starts as a draft' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
  END IF;
  IF (OLD.id, OLD.estimate_id, OLD.number, OLD.created_by_id, OLD.created_at)
     IS DISTINCT FROM
     (NEW.id, NEW.estimate_id, NEW.number, NEW.created_by_id, NEW.created_at) THEN
    RAISE EXCEPTION 'a version keeps its place' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.state <> NEW.state AND NOT (OLD.state || '>' || NEW.state = ANY (ARRAY[
    'draft>issued', 'issued>explained', 'issued>declined', 'issued>superseded',
    'explained>accepted', 'explained>declined', 'explained>superseded', 'accepted>superseded'
  ])) THEN
    RAISE EXCEPTION 'a version does not go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.state = 'draft' THEN
    RETURN NEW;
  END IF;
  IF (OLD.reason, OLD.revision, OLD.saved_by_id, OLD.issued_at, OLD.issued_by_id)
     IS DISTINCT FROM
     (NEW.reason, NEW.revision, NEW.saved_by_id, NEW.issued_at, NEW.issued_by_id)
     OR NEW.copies < OLD.copies
     OR (OLD.explained_at IS NOT NULL AND (OLD.explained_at, OLD.explained_by_id)
         IS DISTINCT FROM (NEW.explained_at, NEW.explained_by_id))
     OR (OLD.answered_at IS NOT NULL AND (OLD.answered_at, OLD.answered_by_id)
         IS DISTINCT FROM (NEW.answered_at, NEW.answered_by_id)) THEN
    RAISE EXCEPTION 'an issued version does not change' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION fees_guard_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  touched uuid[];
  held text;
BEGIN
  touched := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.version_id]
                        WHEN 'DELETE' THEN ARRAY[OLD.version_id]
                        ELSE ARRAY[OLD.version_id, NEW.version_id] END;
  -- FOR SHARE waits for an issue under way, then reads the state it left.
  FOR held IN SELECT state FROM consult_estimateversion WHERE id = ANY (touched) FOR SHARE LOOP
    IF held <> 'draft' THEN
      RAISE EXCEPTION 'the lines of an issued version do not change'
        USING ERRCODE = 'insufficient_privilege';
    END IF;
  END LOOP;
  RETURN COALESCE(NEW, OLD);
END $$;

CREATE TRIGGER fees_guard_estimate BEFORE UPDATE OR DELETE ON consult_estimate
  FOR EACH ROW EXECUTE FUNCTION fees_guard_estimate();
CREATE TRIGGER fees_guard_version BEFORE INSERT OR UPDATE OR DELETE ON consult_estimateversion
  FOR EACH ROW EXECUTE FUNCTION fees_guard_version();
CREATE TRIGGER fees_guard_line BEFORE INSERT OR UPDATE OR DELETE ON consult_estimateline
  FOR EACH ROW EXECUTE FUNCTION fees_guard_line();
REVOKE DELETE ON consult_estimate, consult_estimateversion, consult_estimateseries FROM suian_app;
"""

DROP = """
DROP TRIGGER fees_guard_line ON consult_estimateline;
DROP TRIGGER fees_guard_version ON consult_estimateversion;
DROP TRIGGER fees_guard_estimate ON consult_estimate;
DROP FUNCTION fees_guard_line();
DROP FUNCTION fees_guard_version();
DROP FUNCTION fees_guard_estimate();
GRANT DELETE ON consult_estimate, consult_estimateversion, consult_estimateseries TO suian_app;
ALTER TABLE consult_priceitem DROP CONSTRAINT one_price_at_a_time;
GRANT UPDATE, DELETE ON consult_priceitem TO suian_app;
"""

OPERATIONS = [migrations.RunSQL(sql=PRICES + VERSIONS, reverse_sql=DROP)]
