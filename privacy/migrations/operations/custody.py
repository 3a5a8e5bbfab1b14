"""What was printed and proved is written once (ADR 0014)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="REVOKE UPDATE, DELETE ON privacy_rootescrow, privacy_restoreproof FROM suian_app;",
        reverse_sql="GRANT UPDATE, DELETE ON privacy_rootescrow, privacy_restoreproof TO suian_app;",
    )
]
