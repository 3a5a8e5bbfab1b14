"""What the registry, the desk and the search share in their tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.test import override_settings
from playwright.sync_api import Browser, Page

from privacy.audit.models import READER, AuditEvent, acting_as

SLOWEST = 30_000  # ms: the longest walk, on a machine that does other things too


@pytest.fixture
def booked():
    """``booked(action)``: the events of that name, newest first, read as the auditor."""

    def read(action: str = "") -> list[AuditEvent]:
        with acting_as(READER):
            events = AuditEvent.objects.all()
            return list(events.filter(action=action) if action else events)

    return read


@pytest.fixture(params=[1440, 390])
def browser_of(request, chromium: Browser, live_server, sign_in_as) -> Iterator[Callable]:
    """``with browser_of(user) as page``: somebody's own browser, on a desk and on a phone."""

    @contextmanager
    def make(user) -> Iterator[Page]:
        context = chromium.new_context(
            locale="zh-CN",
            viewport={"width": request.param, "height": 900},
            base_url=live_server.url,
        )
        name = settings.SESSION_COOKIE_NAME
        key = sign_in_as(user).cookies[name].value
        context.add_cookies([{"name": name, "value": key, "url": live_server.url}])
        context.set_default_timeout(SLOWEST)
        yield context.new_page()
        context.close()

    with override_settings(ALLOWED_HOSTS=["*"]):
        yield make
