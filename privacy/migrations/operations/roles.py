"""Who may touch what, at the level of the database (ADR 0005).

suian_owner owns and migrates; suian_app works; suian_auditor reads the trail; suian_sealer seals
it. Roles are made by deploy/postgres/roles.sql or the embedded clinic, before any migration.
"""

from django.db import migrations

ROLES = ("suian_app", "suian_auditor", "suian_sealer")

OPERATIONS: list[migrations.RunSQL] = [
    migrations.RunSQL(
        sql="""
        DO $$
        DECLARE missing text;
        BEGIN
          SELECT string_agg(name, ', ') INTO missing
          FROM unnest(ARRAY['suian_app', 'suian_auditor', 'suian_sealer']) AS name
          WHERE NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name);
          IF missing IS NOT NULL THEN
            RAISE EXCEPTION 'database roles are missing: %', missing
              USING HINT = 'Run deploy/postgres/roles.sql as a superuser first.';
          END IF;
        END $$;
        GRANT USAGE ON SCHEMA public TO suian_app, suian_auditor, suian_sealer;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO suian_app;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO suian_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public
          GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO suian_app;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO suian_app;
        REVOKE ALL ON django_migrations FROM suian_app;
        GRANT SELECT ON django_migrations TO suian_app;
        """,
        reverse_sql=migrations.RunSQL.noop,
    )
]
