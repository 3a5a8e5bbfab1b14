"""A new month of the trail waits for its lock no longer than a refusal does (ADR 0005).

A page that reads the trail and then refuses writes over a second connection, which queues behind
whoever waits for the page: this gives up first, and is done the next day, months ahead.
"""

from django.db import migrations

FUNCTION = "audit_ensure_partitions(date, integer)"
OPERATIONS = [
    migrations.RunSQL(
        sql=f"ALTER FUNCTION {FUNCTION} SET lock_timeout = '5s';",
        reverse_sql=f"ALTER FUNCTION {FUNCTION} RESET lock_timeout;",
    )
]
