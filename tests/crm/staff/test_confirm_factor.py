"""Step-up: what needs a fresh factor asks for it, and nothing typed is lost on the way."""

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from crm.staff import rules, services
from crm.staff.models import OneTimeCode, User
from crm.staff.session_store import FACTOR_AT, FULLY_AT
from crm.staff.step_up import FULL_MINUTES, MINUTES
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role
from tests.factories.people import PASSWORD

pytestmark = pytest.mark.django_db
CODES = "/account/recovery-codes/"  # of one's own factors: the password is asked for, too
OTHERS = "/account/sessions/end-others/"
KNOWN = {"factor_password": PASSWORD}
CONFIRM = "/account/confirm/"


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = services.open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.SECURITY_ADMIN,
        password=PASSWORD,
    )  # fmt: skip
    return user


@pytest.fixture
def stale(lin, sign_in_as) -> Client:
    """A live session whose second factor was shown too long ago."""
    client = sign_in_as(lin)
    session = client.session
    session[FACTOR_AT] -= MINUTES * 60
    session[FULLY_AT] -= MINUTES * 60
    session.save()
    return client


def code_of(user: User) -> str:
    return f"{services.codes_around(user.totp)[1][1]:06d}"


class TestPost:
    def test_it_asks_and_carries_what_was_typed(self, stale, lin, booked) -> None:
        typed = {FIELD: new_key(), "note": ["a < b", "二"]}
        page = stale.post(CODES, typed)
        assert page.status_code == 422
        carried = page.context["carried"]
        assert carried == [(FIELD, typed[FIELD]), ("note", "a < b"), ("note", "二")]
        assert "a &lt; b" in page.content.decode()
        assert not OneTimeCode.objects.exists()

        before = stale.session.session_key
        done = stale.post(page.context["action"], typed | KNOWN | {"factor_code": code_of(lin)})

        assert done.status_code == 200
        assert len(done.context["codes"]) == 10
        assert stale.session.session_key != before  # a new key after proving who one is
        assert booked("staff.factor_confirmed")[0].actor == lin.pk

    def test_afterwards_it_is_fresh_for_half_an_hour(self, stale, lin) -> None:
        now = timezone.now()
        with time_machine.travel(now, tick=False) as clock:
            stale.post(OTHERS, {"factor_code": code_of(lin)})
            for seconds in (600, 600, 599):
                clock.shift(seconds)
                assert stale.get("/account/").status_code == 200
            assert stale.post(OTHERS).status_code == 302
            clock.shift(1)
            assert stale.post(OTHERS).status_code == 422

    def test_both_together_are_fresh_for_five_minutes(self, stale, lin) -> None:
        now = timezone.now()
        with time_machine.travel(now, tick=False) as clock:
            stale.post(CODES, KNOWN | {FIELD: new_key(), "factor_code": code_of(lin)})
            clock.shift(FULL_MINUTES * 60 - 1)
            assert stale.post(CODES, {FIELD: new_key()}).status_code == 200
            clock.shift(1)
            asked = stale.post(CODES, {FIELD: new_key()})
            assert asked.status_code == 422
            assert "factor_password" in asked.content.decode()
            assert stale.post(OTHERS).status_code == 302

    def test_the_factor_alone_changes_no_factor(self, stale, lin) -> None:
        stale.post(OTHERS, {"factor_code": code_of(lin)})
        assert stale.post(CODES, {FIELD: new_key()}).status_code == 422
        assert not OneTimeCode.objects.exists()

    def test_a_wrong_password_is_counted_and_told_like_a_wrong_code(
        self, stale, lin, booked
    ) -> None:
        code = code_of(lin)
        wrong = stale.post(CODES, {FIELD: new_key(), "factor_code": code, "factor_password": "x"})
        other = stale.post(CODES, KNOWN | {FIELD: new_key(), "factor_code": "000000"})
        assert wrong.context["form"].errors == other.context["form"].errors
        assert len(booked("staff.sign_in_failed")) == 2
        assert PASSWORD not in other.content.decode()
        right = stale.post(CODES, KNOWN | {FIELD: new_key(), "factor_code": code})
        assert right.status_code == 200  # the code was not used up beside the wrong password

    def test_wrong_codes_are_counted_booked_and_locked(self, stale, lin, booked) -> None:
        for _ in range(rules.PER_ADDRESS):
            given = KNOWN | {FIELD: new_key(), "note": "x", "factor_code": "000000"}
            page = stale.post(CODES, given)
            assert page.status_code == 422
            assert ("note", "x") in page.context["carried"]
        answer = stale.post(CODES, KNOWN | {FIELD: new_key(), "factor_code": code_of(lin)})
        assert answer.status_code == 429
        assert len(booked("staff.sign_in_failed")) == rules.PER_ADDRESS
        assert not OneTimeCode.objects.exists()

    def test_a_replayed_code_is_refused(self, stale, lin) -> None:
        code = code_of(lin)
        assert services.spend_code(user=lin, code=code)
        page = stale.post(CODES, KNOWN | {FIELD: new_key(), "factor_code": code})
        assert page.status_code == 422

    def test_a_session_that_never_showed_one_is_not_fresh(self, stale) -> None:
        session = stale.session
        del session[FACTOR_AT], session[FULLY_AT]
        session.save()
        assert stale.post(OTHERS).status_code == 422
        assert stale.post(CODES, {FIELD: new_key()}).status_code == 422


class TestPage:
    def test_it_leads_back(self, stale, lin) -> None:
        page = stale.get(CONFIRM, {"next": "/staff/"})
        assert page.status_code == 200
        answer = stale.post(CONFIRM, {"next": "/staff/", "factor_code": code_of(lin)})
        assert answer["Location"] == "/staff/"

    def test_it_leads_nowhere_else_and_refuses_wrong_codes(self, stale, lin) -> None:
        assert stale.post(CONFIRM, {"factor_code": ""}).status_code == 422
        for _ in range(rules.PER_ADDRESS):
            assert stale.post(CONFIRM, {"factor_code": "000000"}).status_code == 422
        assert stale.post(CONFIRM, {"factor_code": "000000"}).status_code == 429

    def test_another_site_is_no_way_back(self, stale, lin) -> None:
        given = {"next": "//evil.example/", "factor_code": code_of(lin)}
        assert stale.post(CONFIRM, given)["Location"] == "/account/"

    def test_a_get_is_led_there_with_its_address(self, stale, rf, lin) -> None:
        from crm.staff.step_up import with_fresh_factor

        request = rf.get("/sheet/", {"a": "1"})
        request.session, request.user = stale.session, lin
        answer = with_fresh_factor()(lambda _request: None)(request)
        assert answer["Location"] == "/account/confirm/?next=%2Fsheet%2F%3Fa%3D1"

        answer = with_fresh_factor(full=True)(lambda _request: None)(request)
        asked = stale.get(answer["Location"]).content.decode()
        assert "factor_password" in asked
        given = {"next": "/sheet/?a=1", "factor_code": code_of(lin)}
        assert stale.post(CONFIRM, given | KNOWN)["Location"] == "/sheet/?a=1"
        assert stale.post(CODES, {FIELD: new_key()}).status_code == 200


class TestFragment:
    HTMX = {"HX-Request": "true"}

    def test_a_dialog_opens_over_the_page_and_nothing_is_replaced(self, stale, lin) -> None:
        answer = stale.post(CODES, {FIELD: new_key(), "note": "x"}, headers=self.HTMX)
        assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("body", "beforeend")
        assert "<dialog" in answer.content.decode()

        wrong = stale.post(CONFIRM, KNOWN | {"factor_code": "000000"}, headers=self.HTMX)
        assert "<dialog" in wrong.content.decode()
        assert "HX-Retarget" not in wrong
        right = stale.post(CONFIRM, KNOWN | {"factor_code": code_of(lin)}, headers=self.HTMX)
        assert "<dialog" not in right.content.decode()
        assert stale.post(CODES, {FIELD: new_key()}).status_code == 200
