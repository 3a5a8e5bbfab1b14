"""``python -m benchmarks.twins.tables``: make the twins' tables, as the database's owner."""

import os

WATCHED = (
    "watchednote",
    "plaincontact",
    "plainclinical",
    "contact0",
    "clinical0",
    "contact1",
    "clinical1",
)


def main() -> None:
    os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    call_command("migrate", run_syncdb=True, verbosity=0)
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        # What a table costs under the net it costs in plain text as well.
        for table in (f"twins_{one}" for one in WATCHED):
            if table in tables:
                cursor.execute("SELECT rows_watch(%s::regclass)", [table])


if __name__ == "__main__":
    main()
