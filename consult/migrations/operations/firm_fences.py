"""Every trigger of ours fires whatever a session says of itself (ADR 0002).

A trigger as Postgres makes it is passed over by a session with ``session_replication_role =
'replica'``, and by a restore that says so. Foreign keys stay as they are: they are Postgres' own.
"""

from django.db import migrations

FIRM = """
DO $$
DECLARE fence record;
BEGIN
  FOR fence IN
    SELECT t.tgrelid::regclass AS target, t.tgname AS name
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled <> 'A'
      AND c.relnamespace = 'public'::regnamespace
      AND c.relname ~ '^(privacy|crm|consult|followup)_'
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', fence.target, fence.name);
  END LOOP;
END $$;
"""

# Back: a firmer fence is in nobody's way, and each goes with the migration that made it.
OPERATIONS = [migrations.RunSQL(sql=FIRM, reverse_sql=migrations.RunSQL.noop)]
