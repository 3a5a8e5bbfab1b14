"""What was typed survives a session that ended meanwhile, and a second tab that signed in."""

import contextlib
import json
import re
import zlib
from base64 import urlsafe_b64decode
from html.parser import HTMLParser

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.patients.models import Patient
from crm.staff import services
from crm.staff.forms import FactorForm
from crm.staff.models import User
from crm.web import kept
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role
from tests.factories.people import PASSWORD, through_the_gate

pytestmark = pytest.mark.django_db
NEW = reverse("patients:register")
SIGN_IN = reverse("staff:sign-in")
COMPLAINT = "备孕两年，<想了解>流程"


class Hidden(HTMLParser):
    """The hidden fields and the form's address of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields, self.within = "", {}, False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.within = "i18n" not in given["action"]
            self.action = given["action"] if self.within else self.action
        if self.within and tag == "input" and given.get("type") == "hidden":
            self.fields[given.get("name", "")] = given.get("value", "")


@pytest.fixture
def typed() -> dict[str, str]:
    return {"name": "王女士", "phone": "13900139001", "chief_complaint": COMPLAINT,
            FIELD: new_key()}  # fmt: skip


@pytest.fixture
def chen(clinic) -> User:
    user, _seed = services.open_account(
        clinic=clinic, staff_no="chen", display_name="陈静", role=Role.FRONT_DESK, password=PASSWORD
    )
    return through_the_gate(user)


def code_of(user: User) -> str:
    user.totp.refresh_from_db()
    fresh = [code for step, code in services.codes_around(user.totp) if step > user.totp.last_step]
    return f"{fresh[0]:06d}"


def credentials(user: User) -> dict[str, str]:
    return {"staff_no": user.staff_no, "password": PASSWORD, "code": code_of(user)}


@pytest.fixture
def late(chen, sign_in_as, settings):
    """A browser whose session runs out before the form is sent."""
    begin = timezone.now()
    with time_machine.travel(begin, tick=False):
        browser = sign_in_as(chen)
    with time_machine.travel(begin.timestamp() + settings.SESSION_IDLE_SECONDS + 60, tick=False):
        yield browser


class TestTheClockRanOut:
    def test_the_form_is_carried_through_the_sign_in(self, late: Client, chen, typed) -> None:
        asked = late.post(NEW, typed)
        page = Hidden(asked.content.decode())
        assert (asked.status_code, page.action) == (403, SIGN_IN)
        assert COMPLAINT not in asked.content.decode()  # carried, not shown

        wrong = late.post(
            SIGN_IN, page.fields | {"staff_no": "chen", "password": "no", "code": "1"}
        )
        still = Hidden(wrong.content.decode())
        assert still.fields[kept.FIELD] == page.fields[kept.FIELD]

        back = late.post(SIGN_IN, still.fields | credentials(chen))
        again = Hidden(back.content.decode())
        assert (again.action, again.fields["chief_complaint"]) == (NEW, COMPLAINT)
        assert not Patient.objects.exists()  # nothing without one more click

        sent = late.post(again.action, again.fields)
        assert sent.status_code == 302
        assert Patient.objects.count() == 1

    def test_a_browser_is_led_the_same_way_by_get(self, late: Client, chen, typed) -> None:
        """The session's key changes on the way: the page that waits belongs to the new one."""

        def sent(address: str, fields: dict[str, str]) -> Hidden:
            led = late.post(address, fields, headers={"Sec-Fetch-Mode": "navigate"})
            assert led.status_code == 303
            return Hidden(late.get(led["Location"]).content.decode())

        page = sent(NEW, typed)
        again = sent(SIGN_IN, page.fields | credentials(chen))

        assert (page.action, again.action) == (SIGN_IN, NEW)
        assert again.fields["chief_complaint"] == COMPLAINT

    @pytest.mark.parametrize("headers", [{"X-Keeps-Page": "1"}, {"X-Poll": "1"}, {}])
    def test_what_pages_ask_meanwhile_takes_nothing_away(
        self, late: Client, typed, headers: dict[str, str]
    ) -> None:
        method = late.post if "X-Keeps-Page" in headers else late.get
        method(reverse("patients:similar"), headers={"HX-Request": "true"} | headers)
        late.get(SIGN_IN)  # a second tab was led away
        assert Hidden(late.post(NEW, typed).content.decode()).fields[kept.FIELD]

    def test_a_colleague_who_signs_in_there_gets_nothing(self, late: Client, clinic, typed) -> None:
        other, _seed = services.open_account(
            clinic=clinic, staff_no="li", display_name="李新", role=Role.NURSE, password=PASSWORD
        )
        page = Hidden(late.post(NEW, typed).content.decode())

        answer = late.post(SIGN_IN, page.fields | credentials(other))

        assert (answer.status_code, answer["Location"]) == (302, "/")

    def test_after_an_hour_it_is_gone(self, late: Client, chen, typed) -> None:
        page = Hidden(late.post(NEW, typed).content.decode())
        with time_machine.travel(timezone.now().timestamp() + 3700, tick=False):
            answer = late.post(SIGN_IN, page.fields | credentials(chen))
        assert answer.status_code == 302

    def test_passwords_are_never_carried(self, late: Client) -> None:
        answer = late.post(reverse("staff:account"), {"current": "geheim", "new": "geheimer"})
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, SIGN_IN)

    def test_a_forged_value_leads_home(self, late: Client, chen) -> None:
        answer = late.post(SIGN_IN, {kept.FIELD: "e30:1:x"} | credentials(chen))
        assert (answer.status_code, answer["Location"]) == (302, "/")


def test_a_look_up_beside_a_half_filled_form_leaves_the_page(client: Client, typed) -> None:
    similar = reverse("patients:similar")
    beside = {"HX-Request": "true", "X-Keeps-Page": "1"}

    answer = client.post(similar, typed, headers=beside)
    plain = client.post(similar, typed, headers={"HX-Request": "true"})

    assert (answer.status_code, "HX-Redirect" in answer) == (401, False)
    assert json.loads(answer["HX-Trigger"])["toast"]["level"] == "bad"
    assert plain["HX-Redirect"].startswith(SIGN_IN)  # a page that only shows leads away


class TestASecondTabSignedIn:
    def test_the_browsers_own_word_keeps_the_form(self, chen, sign_in_as, typed) -> None:
        browser = sign_in_as(chen)
        browser.handler.enforce_csrf_checks = True

        asked = browser.post(NEW, typed, headers={"Sec-Fetch-Site": "same-origin"})
        again = Hidden(asked.content.decode())
        assert (asked.status_code, again.action) == (403, NEW)
        assert "陈静" in asked.content.decode()

        sent = browser.post(again.action, again.fields, headers={"Sec-Fetch-Site": "same-origin"})
        assert (sent.status_code, Patient.objects.count()) == (302, 1)

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
    def test_other_sites_get_nothing_carried(self, chen, sign_in_as, typed, site: str) -> None:
        browser = sign_in_as(chen)
        browser.handler.enforce_csrf_checks = True
        answer = browser.post(NEW, typed, headers={"Sec-Fetch-Site": site} if site else {})
        assert answer.status_code == 403
        assert "13900139001" not in answer.content.decode()


def test_codes_of_the_second_factor_are_never_carried(late: Client, chen, typed) -> None:
    answers = {FactorForm.FIELD: "AAAA-BBBB-CCCC", FactorForm.PASSKEY: "{}"}
    answers[FactorForm.PASSWORD] = PASSWORD

    page = Hidden(late.post(NEW, typed | answers).content.decode())
    waiting = kept.opened(page.fields[kept.FIELD], owner=chen.pk)

    assert waiting
    assert dict(waiting.fields) == typed


def test_nobody_reads_in_the_page_what_is_carried(late: Client, chen, typed) -> None:
    page = Hidden(late.post(NEW, typed).content.decode())
    value = page.fields[kept.FIELD]

    for part in re.split("[.:]", value):  # as signed values are made up
        raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        with contextlib.suppress(zlib.error):
            raw = zlib.decompress(raw)
        assert typed["phone"].encode() not in raw
