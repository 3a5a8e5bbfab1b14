"""Fences of the database stand whatever a session says of itself (ADR 0002)."""

import pytest
from django.db import connection

# Foreign keys are Postgres' own triggers (tgisinternal): a restore has to be able to do without
# them, and nothing of ours stands on them alone. Of what we made, nothing is excused: what is not
# ALWAYS is passed over by a session with ``session_replication_role = 'replica'``.
WEAK = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger
WHERE NOT tgisinternal AND tgenabled <> 'A' ORDER BY 1, 2
"""


@pytest.mark.django_db
def test_every_trigger_fires_whatever_happens() -> None:
    with connection.cursor() as cursor:
        cursor.execute(WEAK)
        assert cursor.fetchall() == []
