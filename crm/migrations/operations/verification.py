"""A verdict on the trail is not brought along: a verification begins by being asked for.

Of a row that comes in the second net asks nothing but its table (``row_sealing.OWN``); what it
says of the trail is an event's to say.
"""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        CREATE FUNCTION verification_begins() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.state <> 'queued' OR NEW.whole IS NOT NULL OR NEW.finished_at IS NOT NULL THEN
            RAISE EXCEPTION 'a verification begins by being asked for'
              USING ERRCODE = 'check_violation', CONSTRAINT = 'verification_begins';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER verification_begins BEFORE INSERT ON crm_verificationrun
          FOR EACH ROW EXECUTE FUNCTION verification_begins();
        ALTER TABLE crm_verificationrun ENABLE ALWAYS TRIGGER verification_begins;
        """,
        reverse_sql="""
        DROP TRIGGER verification_begins ON crm_verificationrun;
        DROP FUNCTION verification_begins();
        """,
    ),
]
