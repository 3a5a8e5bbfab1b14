"""How wide fingerprints were from when on is written once (ADR 0004)."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="REVOKE UPDATE, DELETE ON privacy_indexwidth FROM suian_app;",
        reverse_sql="GRANT UPDATE, DELETE ON privacy_indexwidth TO suian_app;",
    )
]
