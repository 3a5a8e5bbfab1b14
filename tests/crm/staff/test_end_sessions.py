"""Sessions: hashed keys, two at most, ended at once and told why, gone after a restore."""

import io
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.conf import settings as configured
from django.contrib.sessions.backends.base import UpdateError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crm.staff import selectors, services, sessions, tasks
from crm.staff.models import ApiToken, StaffSession, User
from crm.staff.rules import MOST_SESSIONS, End, device_of
from crm.staff.session_store import SessionStore, hash_of
from crm.staff.views.signing_in import WHY_ENDED
from privacy.access.policy import Permission, Role
from tests.factories.people import PASSWORD, UserFactory
from tests.factories.races import all_at_once

pytestmark = pytest.mark.django_db
ACCOUNT = "/account/"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = services.open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.NURSE, password=PASSWORD
    )
    return user


@pytest.fixture
def guard(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


def through_the_door(user: User, **client) -> Client:
    """A browser that signed in on the page, with the next unused code."""
    browser = Client(**client)
    fresh = [code for step, code in services.codes_around(user.totp) if step > user.totp.last_step]
    given = {"staff_no": user.staff_no, "password": PASSWORD, "code": f"{fresh[0]:06d}"}
    assert browser.post(reverse("staff:sign-in"), given).status_code == 302
    user.totp.refresh_from_db()
    return browser


def key_of(client: Client) -> str:
    return client.cookies[configured.SESSION_COOKIE_NAME].value


class TestStore:
    def test_no_key_lies_in_the_database(self, carer, sign_in_as) -> None:
        key = key_of(sign_in_as(carer))
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_jsonb(s)::text FROM crm_staffsession s")
            rows = [row for (row,) in cursor.fetchall()]
            cursor.execute("SELECT to_regclass('django_session')")
            (old_table,) = cursor.fetchone()
        assert [row for row in rows if hash_of(key).hex() in row]
        assert not [row for row in rows if key in row]
        assert old_table is None

    def test_the_stored_hash_is_no_key(self, carer, sign_in_as) -> None:
        digest = hash_of(key_of(sign_in_as(carer))).hex()
        stranger = Client()
        stranger.cookies[configured.SESSION_COOKIE_NAME] = digest
        assert stranger.get(ACCOUNT).status_code == 302

    def test_data_moved_into_another_session_opens_nothing(
        self, carer, colleague, sign_in_as
    ) -> None:
        mine, theirs = sign_in_as(carer), sign_in_as(colleague)
        rows = {row.user_id: row for row in StaffSession.objects.all()}
        StaffSession.objects.filter(user=carer).update(data=rows[colleague.pk].data, user=colleague)
        assert mine.get(ACCOUNT).status_code == 302
        assert theirs.get(ACCOUNT).status_code == 200

    def test_a_session_given_to_another_person_opens_nothing(
        self, carer, colleague, sign_in_as
    ) -> None:
        client = sign_in_as(carer)
        StaffSession.objects.update(user=colleague)
        assert client.get(ACCOUNT).status_code == 302

    def test_a_request_under_way_does_not_bring_an_ended_session_back(
        self, carer, sign_in_as
    ) -> None:
        store = SessionStore(key_of(sign_in_as(carer)))
        store["typed"] = 1
        sessions.end_everything(user=carer, actor=carer)
        with pytest.raises(UpdateError):
            store.save()
        assert not StaffSession.objects.filter(ended_at__isnull=True).exists()

    def test_a_new_key_does_not_bring_an_ended_session_back(self, carer, sign_in_as) -> None:
        key = key_of(sign_in_as(carer))
        store = SessionStore(key)
        store["typed"] = 1
        sessions.end_everything(user=carer, actor=carer)
        with pytest.raises(UpdateError):
            store.cycle_key()
        assert store.session_key == key
        assert not StaffSession.objects.filter(ended_at__isnull=True).exists()

    def test_a_new_key_takes_the_place_of_the_old_one(self, carer, sign_in_as) -> None:
        client = sign_in_as(carer)
        old = key_of(client)
        store = SessionStore(old)
        store["typed"] = 1
        store.cycle_key()
        assert store.session_key != old
        assert SessionStore(store.session_key)["typed"] == 1
        assert StaffSession.objects.count() == 1
        assert client.get(ACCOUNT).status_code == 302
        client.cookies[configured.SESSION_COOKIE_NAME] = store.session_key
        assert client.get(ACCOUNT).status_code == 200

    def test_what_has_no_key_yet_gets_its_first(self) -> None:
        store = SessionStore()
        store["a"] = 1
        store.cycle_key()
        assert SessionStore(store.session_key)["a"] == 1

    def test_a_step_up_in_a_session_that_ends_meanwhile_leads_to_the_door(
        self, lin, guard, monkeypatch
    ) -> None:
        browser = through_the_door(lin)
        confirm = services.confirm_factor

        def ended_meanwhile(**given: object) -> None:
            confirm(**given)
            sessions.end_everything(user=lin, actor=guard)

        monkeypatch.setattr(services, "confirm_factor", ended_meanwhile)
        fresh = [
            code for step, code in services.codes_around(lin.totp) if step > lin.totp.last_step
        ]
        answer = browser.post(reverse("staff:confirm"), {"factor_code": f"{fresh[0]:06d}"})
        assert answer["Location"].startswith("/sign-in/?next=")
        assert answer["Location"].endswith("ended=by_administrator")
        assert browser.get(ACCOUNT).status_code == 302
        assert not StaffSession.objects.filter(ended_at__isnull=True).exists()
        lin.totp.refresh_from_db()
        assert through_the_door(lin).get(ACCOUNT).status_code == 200  # a new session is another one

    def test_the_engine_does_what_django_asks_of_it(self, settings) -> None:
        store = SessionStore()
        store["a"] = 1
        store.save()
        key = store.session_key
        assert store.exists(key)
        assert SessionStore(key)["a"] == 1
        assert str(StaffSession.objects.get())
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            assert SessionStore(key).get("a") is None  # a stranger's lives a quarter of an hour
            SessionStore.clear_expired()
        assert not store.exists(key)
        SessionStore().delete()

    def test_a_key_that_is_taken_is_not_given_twice(self, monkeypatch) -> None:
        first = SessionStore()
        first.create()
        keys = iter([first.session_key, "b" * 32])
        monkeypatch.setattr(SessionStore, "_get_new_session_key", lambda _self: next(keys))
        second = SessionStore()
        second.create()
        assert second.session_key == "b" * 32

    def test_old_sessions_are_forgotten(self, carer, sign_in_as) -> None:
        sign_in_as(carer)
        sessions.end_everything(user=carer, actor=carer)
        tasks.forget_old_sessions()
        assert StaffSession.objects.count() == 1
        with time_machine.travel(timezone.now() + sessions.KEPT * 3):
            tasks.forget_old_sessions()
        assert StaffSession.objects.count() == 0


class TestTwoAtMost:
    def test_the_third_device_ends_the_oldest_which_is_told_why(self, lin, booked) -> None:
        begin = timezone.now()
        browsers = []
        for number in range(MOST_SESSIONS + 1):
            with time_machine.travel(begin + timedelta(seconds=60 * number), tick=False):
                browsers.append(through_the_door(lin))
        with time_machine.travel(begin + timedelta(seconds=200), tick=False):
            assert [one.get(ACCOUNT).status_code for one in browsers[1:]] == [200, 200]
            answer = browsers[0].get(ACCOUNT)
            assert answer["Location"] == "/sign-in/?next=/account/&ended=one_too_many"
            page = browsers[0].get(answer["Location"])
            assert page.context["why_ended"] == WHY_ENDED[End.ONE_TOO_MANY]
        (event,) = booked("staff.session_ended")
        assert event.detail == {"sessions": 1, "why": "one_too_many"}

    @pytest.mark.django_db(transaction=True)
    def test_sign_ins_at_the_same_moment_leave_two(self, carer, sign_in_as) -> None:
        keys = [hash_of(key_of(sign_in_as(carer))) for _ in range(5)]
        all_at_once([partial(sessions.make_room, user=carer, keep=key) for key in keys])
        assert selectors.live_sessions_of(carer).count() <= MOST_SESSIONS

    def test_idle_sessions_do_not_count_and_are_told_so(self, lin, settings) -> None:
        begin = timezone.now()
        with time_machine.travel(begin, tick=False):
            old = through_the_door(lin)
        later = begin + timedelta(seconds=settings.SESSION_IDLE_SECONDS + 60)
        with time_machine.travel(later, tick=False):
            assert selectors.live_sessions_of(lin).count() == 0
            assert old.get(ACCOUNT)["Location"].endswith("ended=idle")


class TestOwnList:
    def test_it_names_device_address_and_this_session(self, lin) -> None:
        browser = through_the_door(lin, headers={"User-Agent": CHROME}, REMOTE_ADDR="10.9.8.7")
        page = browser.get(ACCOUNT, REMOTE_ADDR="10.9.8.7")
        (shown,) = page.context["sessions"]
        assert shown.is_current
        assert shown.device == ("Chrome", "Windows")
        assert "Chrome · Windows" in page.content.decode()
        assert "10.9.8.7" in page.content.decode()

    def test_one_is_ended_and_holds_at_its_next_request(self, carer, sign_in_as, booked) -> None:
        here, there = sign_in_as(carer), sign_in_as(carer)
        row = StaffSession.objects.get(key_hash=hash_of(key_of(there)))
        assert here.post(reverse("staff:session-end", args=[row.pk])).status_code == 302
        assert there.get(ACCOUNT)["Location"].endswith("ended=own_wish")
        assert here.get(ACCOUNT).status_code == 200
        assert booked("staff.session_ended")[0].detail["why"] == "own_wish"

    def test_others_sessions_cannot_be_ended(self, carer, colleague, sign_in_as, booked) -> None:
        mine, theirs = sign_in_as(carer), sign_in_as(colleague)
        row = StaffSession.objects.get(user=colleague)
        mine.post(reverse("staff:session-end", args=[row.pk]))
        assert theirs.get(ACCOUNT).status_code == 200
        assert booked("staff.session_ended") == []

    def test_all_others_end_and_this_one_stays(self, carer, sign_in_as) -> None:
        here, there = sign_in_as(carer), sign_in_as(carer)
        here.post(reverse("staff:sessions-end-others"))
        assert here.get(ACCOUNT).status_code == 200
        assert there.get(ACCOUNT).status_code == 302

    @pytest.mark.parametrize(
        ("agent", "told"),
        [
            (CHROME, ("Chrome", "Windows")),
            (CHROME + " Edg/140.0", ("Edge", "Windows")),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18 like Mac OS X) Safari/604.1",
             ("Safari", "iPhone")),
            ("curl/8", ("", "")),
        ],
    )  # fmt: skip
    def test_a_device_in_words(self, agent, told) -> None:
        assert device_of(agent) == told


class TestAdministrator:
    def test_everything_of_somebody_ends_at_once(self, guard, carer, sign_in_as, booked) -> None:
        victim, watch = sign_in_as(carer), sign_in_as(guard)
        _token, secret = services.issue_token(
            user=carer, name="x", scopes=[Permission.VIEW_PATIENTS], lifetime=timedelta(days=1)
        )
        header = {"Authorization": f"Bearer {secret}"}
        assert Client().get("/api/v1/me/", headers=header).status_code == 200

        watch.post(reverse("staff:end-everything", args=[carer.pk]))

        assert victim.get(ACCOUNT)["Location"].endswith("ended=by_administrator")
        assert Client().get("/api/v1/me/", headers=header).status_code == 401
        (event,) = booked("staff.all_ended")
        assert (event.actor, event.target) == (guard.pk, f"staff:{carer.staff_no}")
        assert event.detail == {"sessions": 1, "tokens": 1, "why": "by_administrator"}

    def test_not_of_another_clinic(self, guard, stranger, sign_in_as) -> None:
        path = reverse("staff:end-everything", args=[stranger.pk])
        assert sign_in_as(guard).post(path).status_code == 404

    def test_after_a_restore_nobody_is_signed_in(self, carer, sign_in_as, booked) -> None:
        client = sign_in_as(carer)
        services.issue_token(
            user=carer, name="x", scopes=[Permission.VIEW_PATIENTS], lifetime=timedelta(days=1)
        )
        out = io.StringIO()
        call_command("end_all_sessions", stdout=out)
        assert out.getvalue() == "1 session ended, 0 API tokens revoked.\n"
        assert client.get(ACCOUNT)["Location"].endswith("ended=restore")
        call_command("end_all_sessions", "--tokens", stdout=io.StringIO())
        assert not [one for one in ApiToken.objects.all() if one.is_live]
        assert booked("staff.all_ended")[0].process == "end_all_sessions"

    def test_every_reason_has_words_but_the_silent_ones(self) -> None:
        assert set(End) - set(WHY_ENDED) == {End.SUSPENDED}


def test_a_session_brings_its_person_along(lin) -> None:
    browser = through_the_door(lin)
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(ACCOUNT).status_code == 200
    asked = [one["sql"] for one in seen.captured_queries if 'FROM "crm_user"' in one["sql"]]
    assert asked == []
    assert 'JOIN "crm_user"' in seen.captured_queries[0]["sql"]


def test_a_closed_account_is_nobody_from_the_next_request_on(lin) -> None:
    """By its own mark alone, should the session have been forgotten."""
    browser = through_the_door(lin)
    User.objects.filter(pk=lin.pk).update(is_active=False)
    assert browser.get(ACCOUNT).status_code == 302


def test_a_changed_password_ends_what_began_with_the_old_one(lin) -> None:
    browser = through_the_door(lin)
    lin.set_password("another good phrase 7")
    lin.save(update_fields=["password"])
    assert browser.get(ACCOUNT).status_code == 302


def test_nobody_else_comes_out_of_a_session(lin, guard) -> None:
    browser = through_the_door(lin)
    StaffSession.objects.filter(key_hash=hash_of(key_of(browser))).update(user=guard)
    assert browser.get(ACCOUNT).status_code == 302
