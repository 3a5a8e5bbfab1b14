"""Key versions move forward only, and none is given up while a data key needs it (ADR 0011)."""

from django.db import migrations

# The first version of both zones: also laid down again by tests that empty all tables.
FIRST_VERSIONS = """
INSERT INTO privacy_keyversion (id, created_at, updated_at, zone, version, state)
SELECT gen_random_uuid(), now(), now(), wanted.zone, 1, 'active'
FROM unnest(ARRAY['contact', 'clinical']) AS wanted(zone)
WHERE NOT EXISTS (SELECT FROM privacy_keyversion AS held WHERE held.zone = wanted.zone);
"""

FENCES = """
CREATE FUNCTION key_version_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ranks constant text[] := ARRAY['active', 'decrypt_only', 'retired', 'destroyed'];
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'a key version is never deleted'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'key_version_stays';
  END IF;
  IF array_position(ranks, NEW.state::text) IS NULL THEN
    RAISE EXCEPTION '% is no state of a key version', NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'key_version_has_a_state';
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'active' OR NEW.version <> 1 + COALESCE(
         (SELECT max(version) FROM privacy_keyversion WHERE zone = NEW.zone), 0) THEN
      RAISE EXCEPTION 'a key version starts active and takes the next number'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'key_version_takes_the_next_number';
    END IF;
    RETURN NEW;
  END IF;
  IF (NEW.id, NEW.zone, NEW.version) IS DISTINCT FROM (OLD.id, OLD.zone, OLD.version) THEN
    RAISE EXCEPTION 'a key version keeps its zone and number'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'key_version_keeps_its_place';
  END IF;
  IF array_position(ranks, NEW.state::text) < array_position(ranks, OLD.state::text) THEN
    RAISE EXCEPTION 'a key version does not go from % to %', OLD.state, NEW.state
      USING ERRCODE = 'check_violation', CONSTRAINT = 'key_version_moves_forward';
  END IF;
  -- The row is locked by now: whoever wants to use this version waits for us in the trigger below.
  IF NEW.state IN ('retired', 'destroyed') AND EXISTS (
       SELECT FROM privacy_subjectkey WHERE zone = NEW.zone AND kek_version = NEW.version) THEN
    RAISE EXCEPTION 'data keys still use % v%', NEW.zone, NEW.version
      USING ERRCODE = 'check_violation', CONSTRAINT = 'key_version_in_use_stays';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER key_version_guard BEFORE INSERT OR UPDATE OR DELETE ON privacy_keyversion
  FOR EACH ROW EXECUTE FUNCTION key_version_guard();

-- One look a statement, whatever it holds: registering and rewrapping write many rows at once.
CREATE FUNCTION data_key_needs_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  used record;
BEGIN
  FOR used IN SELECT DISTINCT zone, kek_version FROM written LOOP
    PERFORM 1 FROM privacy_keyversion
    WHERE zone = used.zone AND version = used.kek_version AND state IN ('active', 'decrypt_only')
    FOR SHARE;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'no data key may be wrapped under % v%', used.zone, used.kek_version
        USING ERRCODE = 'check_violation', CONSTRAINT = 'data_key_needs_version';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER data_key_needs_version_new AFTER INSERT ON privacy_subjectkey
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION data_key_needs_version();
CREATE TRIGGER data_key_needs_version_changed AFTER UPDATE ON privacy_subjectkey
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION data_key_needs_version();
REVOKE DELETE ON privacy_keyversion FROM suian_app;
"""

DROP = """
GRANT DELETE ON privacy_keyversion TO suian_app;
DROP TRIGGER data_key_needs_version_changed ON privacy_subjectkey;
DROP TRIGGER data_key_needs_version_new ON privacy_subjectkey;
DROP FUNCTION data_key_needs_version();
DROP TRIGGER key_version_guard ON privacy_keyversion;
DROP FUNCTION key_version_guard();
"""

OPERATIONS = [
    migrations.RunSQL(sql=FENCES, reverse_sql=DROP),
    migrations.RunSQL(sql=FIRST_VERSIONS, reverse_sql=migrations.RunSQL.noop),
]
