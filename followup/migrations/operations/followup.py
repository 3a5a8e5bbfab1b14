"""Plans, steps and call results are never deleted; a call result is never changed."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        REVOKE DELETE ON followup_plan, followup_step FROM suian_app;
        REVOKE UPDATE, DELETE ON followup_callresult FROM suian_app;
        """,
        reverse_sql="""
        GRANT UPDATE, DELETE ON followup_callresult TO suian_app;
        GRANT DELETE ON followup_plan, followup_step TO suian_app;
        """,
    )
]
