"""Sessions as time leaves them."""

import time

from django.test import Client

from crm.staff.session_store import FACTOR_AT


def age_factor(client: Client, *, minutes: int) -> None:
    """The session's second factor was shown so long ago; the session itself is in use."""
    session = client.session
    session[FACTOR_AT] = int(time.time()) - minutes * 60
    session.save()
