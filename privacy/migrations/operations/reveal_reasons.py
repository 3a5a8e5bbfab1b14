"""A reveal without a reason is not booked, and so not shown (T2).

NOT VALID: what was booked before stays as it was. Characters, not bytes: a Chinese one is one.
"""

from django.db import migrations

OPERATIONS = [
    migrations.RunSQL(
        sql="""
        ALTER TABLE privacy_auditevent ADD CONSTRAINT audit_reveal_says_why
        CHECK (kind <> 'reveal' OR char_length(btrim(reason)) >= 10) NOT VALID;
        """,
        reverse_sql="ALTER TABLE privacy_auditevent DROP CONSTRAINT audit_reveal_says_why;",
    )
]
