"""Sessions move to a table of hashes; the keys of the old ones lay there in clear and go."""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="DROP TABLE IF EXISTS django_session",  # everybody signs in anew, once
        # The same table for whoever goes back, as Django's own migration made it.
        reverse_sql="""
        CREATE TABLE django_session (
          session_key varchar(40) PRIMARY KEY,
          session_data text NOT NULL,
          expire_date timestamptz NOT NULL
        );
        CREATE INDEX django_session_expire_date ON django_session (expire_date);
        """,
    )
]
