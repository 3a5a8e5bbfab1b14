"""Sessions as time leaves them."""

import time

from django.test import Client

from crm.staff.session_store import FACTOR_AT, FULLY_AT


def age_factor(client: Client, *, minutes: int) -> None:
    """The second factor, and with it the password, was shown so long ago; the session is in use."""
    session = client.session
    session[FACTOR_AT] = session[FULLY_AT] = int(time.time()) - minutes * 60
    session.save()
