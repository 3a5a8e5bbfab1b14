"""Signing in: two factors, a throttle, one answer for every wrong guess, sessions that end."""

import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from crm.staff import demo, rules, services, tasks
from crm.staff.backends import StaffBackend
from crm.staff.checks import demo_stays_on_loopback
from crm.staff.middleware import client_ip
from crm.staff.models import SignInFailure, TotpDevice, User
from crm.staff.services import SignInLocked, SignInRefused, codes_around, open_account
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.errors import AccessDenied, DomainError
from tests.architecture.source import ROOT
from tests.factories.people import UserFactory
from tests.factories.races import all_at_once

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"
HERE, THERE = "10.1.1.1", "10.2.2.2"


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.CONSULTANT, password=PASSWORD
    )
    return user


def code_of(user: User, steps: int = 0) -> str:
    """The code of the present half minute, or of one ``steps`` away."""
    device = TotpDevice.objects.get(user=user)
    at = timezone.now() + timedelta(seconds=30 * steps)
    return f"{device.generator(at).token():06d}"


def sign_in(user: User, *, password=PASSWORD, code=None, ip=HERE, staff_no=None) -> User:
    given = code_of(user) if code is None else code
    return services.sign_in(
        staff_no=staff_no or user.staff_no, password=password, code=given, ip=ip
    )


def wrong(user: User, times: int, ip: str = HERE, staff_no: str | None = None) -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            sign_in(user, password="no", ip=ip, staff_no=staff_no)


def booked(action: str) -> int:
    with acting_as(READER):
        return AuditEvent.objects.filter(action=action).count()


class TestFactors:
    def test_password_and_code_open_the_door(self, lin) -> None:
        assert sign_in(lin) == lin
        assert booked("staff.signed_in") == 1
        assert TotpDevice.objects.get(user=lin).confirmed_at is not None

    @pytest.mark.parametrize("change", [{"password": "no"}, {"code": "000000"}, {"code": ""},
                                        {"code": "１２３４５６"}, {"code": "12345"},
                                        {"staff_no": "nobody"}])  # fmt: skip
    def test_every_wrong_guess_has_one_answer(self, lin, change) -> None:
        with pytest.raises(SignInRefused) as said, translation.override("en"):
            sign_in(lin, **change)
        assert str(said.value) == "Staff number, password or one-time code is not right."
        assert booked("staff.sign_in_failed") == 1

    def test_a_code_is_good_once(self, lin) -> None:
        code = code_of(lin)
        sign_in(lin, code=code)
        with pytest.raises(SignInRefused):
            sign_in(lin, code=code)

    def test_one_step_early_or_late_is_taken_two_are_not(self, lin) -> None:
        with time_machine.travel(timezone.now(), tick=False):
            for steps in (-2, 2):
                with pytest.raises(SignInRefused):
                    sign_in(lin, code=code_of(lin, steps))
            assert sign_in(lin, code=code_of(lin, -1)) == lin
            assert sign_in(lin, code=code_of(lin, 1)) == lin
            with pytest.raises(SignInRefused):  # a later one was used: earlier ones are spent
                sign_in(lin, code=code_of(lin, 0))

    def test_without_a_second_factor_nobody_comes_in(self, lin) -> None:
        code = code_of(lin)
        TotpDevice.objects.all().delete()
        with pytest.raises(SignInRefused):
            sign_in(lin, code=code)

    def test_a_suspended_account_stays_out(self, lin) -> None:
        lin.is_active = False
        lin.save()
        with pytest.raises(SignInRefused):
            sign_in(lin)

    def test_unknown_names_cost_the_same_hash(self, lin, monkeypatch) -> None:
        """Not by the clock: both paths run the password hasher exactly once."""
        runs: list[str] = []
        hasher = "django.contrib.auth.hashers.MD5PasswordHasher.encode"
        from django.contrib.auth.hashers import MD5PasswordHasher

        whole = MD5PasswordHasher.encode

        def counted(self, password, salt):
            runs.append(password)
            return whole(self, password, salt)

        monkeypatch.setattr(hasher, counted)
        for staff_no in ("lin", "nobody"):
            runs.clear()
            assert StaffBackend().authenticate(None, staff_no=staff_no, password="no") is None
            assert len(runs) == 1

    def test_an_unknown_name_is_not_written_down(self, lin) -> None:
        with pytest.raises(SignInRefused):
            sign_in(lin, staff_no="my secret password")
        with acting_as(READER):
            event = AuditEvent.objects.get(action="staff.sign_in_failed")
        assert "secret" not in str(event.facts())
        assert event.process == "sign-in"


class TestThrottle:
    def test_five_failures_lock_name_and_address_for_a_quarter_of_an_hour(self, lin) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            wrong(lin, rules.PER_ADDRESS)
            with pytest.raises(SignInLocked):
                sign_in(lin)
            assert booked("staff.sign_in_throttled") == 1
            assert sign_in(lin, ip=THERE) == lin
            clock.shift(rules.PER_ADDRESS_WINDOW - timedelta(seconds=1))
            with pytest.raises(SignInLocked):
                sign_in(lin)
            clock.shift(timedelta(seconds=2))
            assert sign_in(lin) == lin

    def test_ten_an_hour_lock_the_name_from_everywhere(self, lin) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            for number in range(rules.PER_NAME):
                wrong(lin, 1, ip=f"10.3.3.{number}")
            with pytest.raises(SignInLocked):
                sign_in(lin, ip=THERE)
            clock.shift(rules.PER_NAME_WINDOW + timedelta(seconds=1))
            assert sign_in(lin, ip=THERE) == lin

    def test_another_name_behind_the_same_address_is_free(self, lin, clinic) -> None:
        other, _seed = open_account(
            clinic=clinic,
            staff_no="zhou",
            display_name="周敏",
            role=Role.FINANCE,
            password=PASSWORD,
        )
        wrong(lin, rules.PER_ADDRESS)
        assert sign_in(other) == other

    def test_unknown_names_are_locked_alike_whatever_their_case(self, lin) -> None:
        for number in range(rules.PER_ADDRESS):
            wrong(lin, 1, staff_no="Nobody" if number % 2 else "nobody")
        with pytest.raises(SignInLocked):
            sign_in(lin, staff_no="NOBODY")

    def test_success_forgets_the_failures_of_this_address(self, lin) -> None:
        wrong(lin, rules.PER_ADDRESS - 1)
        sign_in(lin)
        assert SignInFailure.objects.count() == 0

    @pytest.mark.django_db(transaction=True)
    def test_of_many_guesses_at_once_no_more_than_the_limit_are_checked(self, lin) -> None:
        guess = partial(sign_in, lin, password="no", code="000000")

        told = all_at_once([guess] * 12)

        assert Counter(type(one) for one in told) == {
            SignInRefused: rules.PER_ADDRESS,
            SignInLocked: 12 - rules.PER_ADDRESS,
        }
        assert booked("staff.sign_in_failed") == rules.PER_ADDRESS

    @pytest.mark.django_db(transaction=True)
    def test_many_addresses_at_once_share_the_limit_of_the_name(self, lin) -> None:
        guesses = [
            partial(sign_in, lin, password="no", code="000000", ip=f"10.3.3.{number}")
            for number in range(rules.PER_NAME + 4)
        ]

        told = all_at_once(guesses)

        assert Counter(type(one) for one in told) == {
            SignInRefused: rules.PER_NAME,
            SignInLocked: 4,
        }

    @pytest.mark.django_db(transaction=True)
    def test_guesses_of_the_present_password_at_once_are_counted_too(self, lin) -> None:
        guess = partial(services.change_password, user=lin, old="no", new="x" * 20, ip=HERE)

        told = all_at_once([guess] * 8)

        assert Counter(type(one) for one in told) == {
            AccessDenied: rules.PER_ADDRESS,
            SignInLocked: 8 - rules.PER_ADDRESS,
        }

    def test_a_right_password_with_a_weak_new_one_is_no_failure(self, lin) -> None:
        for _ in range(rules.PER_ADDRESS + 1):
            with pytest.raises(DomainError):
                services.change_password(user=lin, old=PASSWORD, new="123", ip=HERE)
        assert SignInFailure.objects.count() == 0

    def test_a_guess_that_breaks_off_counts_as_a_failure(self, lin, monkeypatch) -> None:
        def broken(*_args, **_kwargs):
            raise ZeroDivisionError

        monkeypatch.setattr(services, "authenticate", broken)
        with pytest.raises(ZeroDivisionError):
            sign_in(lin)
        assert SignInFailure.objects.count() == 1

    def test_a_failure_counts_though_a_sign_in_beside_it_cleared_the_table(
        self, lin, monkeypatch
    ) -> None:
        def cleared(*_args, **_kwargs):
            SignInFailure.objects.all().delete()

        monkeypatch.setattr(services, "authenticate", cleared)
        with pytest.raises(SignInRefused):
            sign_in(lin)
        assert SignInFailure.objects.count() == 1

    def test_old_failures_are_forgotten_daily(self, lin) -> None:
        wrong(lin, 2)
        assert str(SignInFailure.objects.first())
        tasks.forget_old_failures()
        assert SignInFailure.objects.count() == 2
        with time_machine.travel(timezone.now() + rules.PER_NAME_WINDOW * 2):
            tasks.forget_old_failures()
        assert SignInFailure.objects.count() == 0


class TestPage:
    def post(self, client: Client, user: User, **more):
        given = {"staff_no": user.staff_no, "password": PASSWORD, "code": code_of(user), **more}
        return client.post(reverse("staff:sign-in"), given)

    def test_it_leads_on_to_where_one_wanted(self, lin) -> None:
        client = Client()
        wanted = client.get("/account/")
        assert wanted["Location"] == "/sign-in/?next=/account/"
        assert self.post(client, lin, next="/account/")["Location"] == "/account/"
        assert client.get("/account/").status_code == 200
        assert client.get(reverse("staff:sign-in")).status_code == 302

    @pytest.mark.parametrize("bad", ["https://evil.example/", "//evil.example/", "javascript:x"])
    def test_it_leads_nowhere_else(self, lin, bad) -> None:
        assert self.post(Client(), lin, next=bad)["Location"] == "/"

    def test_a_wrong_guess_is_422_and_a_lock_429(self, lin) -> None:
        client = Client()
        for _ in range(rules.PER_ADDRESS):
            assert self.post(client, lin, password="no").status_code == 422
        answer = self.post(client, lin)
        assert answer.status_code == 429
        assert PASSWORD not in answer.content.decode()

    def test_full_width_and_spaced_codes_are_read(self, lin) -> None:
        code = code_of(lin).translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
        assert self.post(Client(), lin, code=f" {code[:3]} {code[3:]} ").status_code == 302

    def test_signing_out_ends_the_session_and_clears_the_browser(self, lin) -> None:
        client = Client()
        self.post(client, lin)
        answer = client.post(reverse("staff:sign-out"))
        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert client.get("/account/").status_code == 302
        assert booked("staff.signed_out") == 1

    def test_a_session_ends_idle_and_at_the_latest(self, lin, settings) -> None:
        client = Client()
        begin = timezone.now()
        with time_machine.travel(begin, tick=False) as clock:
            self.post(client, lin)
            clock.shift(settings.SESSION_IDLE_SECONDS - 1)
            assert client.get("/account/").status_code == 200
            clock.shift(settings.SESSION_IDLE_SECONDS + 1)
            assert client.get("/account/").status_code == 302

        with time_machine.travel(begin + timedelta(days=1), tick=False) as clock:
            self.post(client, lin)
            for _ in range(settings.SESSION_ABSOLUTE_SECONDS // 600):
                assert client.get("/account/").status_code == 200
                clock.shift(600)
            clock.shift(1)
            assert client.get("/account/").status_code == 302

    def test_suspending_ends_live_sessions(self, lin, sign_in_as) -> None:
        client = sign_in_as(lin)
        assert client.get("/account/").status_code == 200
        User.objects.filter(pk=lin.pk).update(is_active=False)
        assert client.get("/account/").status_code == 302


class TestAddress:
    @pytest.mark.parametrize(
        ("trusted", "forwarded", "found"),
        [
            (0, "6.6.6.6", "127.0.0.1"),
            (1, "6.6.6.6, 10.0.0.9", "10.0.0.9"),
            (2, "6.6.6.6, 10.0.0.8, 10.0.0.9", "10.0.0.8"),
            (2, "10.0.0.9", "127.0.0.1"),
            (1, "nonsense", None),
        ],
    )
    def test_only_our_own_hops_are_believed(self, rf, settings, trusted, forwarded, found) -> None:
        settings.TRUSTED_PROXIES = trusted
        assert client_ip(rf.get("/", headers={"X-Forwarded-For": forwarded})) == found


class TestDemo:
    @pytest.fixture
    def demo_clinic(self, settings, clinic) -> User:
        settings.DEMO = True
        user, _seed = open_account(
            clinic=clinic, staff_no="desk", display_name="陈静", role=Role.FRONT_DESK,
            password=demo.demo_password("desk"),
        )  # fmt: skip
        return user

    def test_one_click_fills_everything_in(self, demo_clinic) -> None:
        client = Client()
        page = client.get(reverse("staff:sign-in"), {"as": "desk"})
        assert demo.demo_password("desk") in page.content.decode()
        filled = page.context["filled"]
        given = {"staff_no": "desk", "password": filled.password, "code": filled.code}
        assert client.post(reverse("staff:sign-in"), given).status_code == 302

    @pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
    def test_a_tunnel_on_this_machine_brings_strangers(self, demo_clinic, header) -> None:
        page = Client().get(
            reverse("staff:sign-in"), {"as": "desk"}, headers={header: "203.0.113.9"}
        )
        assert demo.demo_password("desk") not in page.content.decode()
        assert "陈静" not in page.content.decode()

    def test_an_account_name_that_no_database_holds(self, demo_clinic) -> None:
        assert Client().get(reverse("staff:sign-in"), {"as": "\0"}).status_code == 200

    def test_it_works_twice_in_half_a_minute_and_then_waits(self, demo_clinic) -> None:
        with time_machine.travel(timezone.now(), tick=False):
            for _ in range(2):
                filled = demo.prefill("desk")
                assert services.sign_in(staff_no="desk", password=filled.password,
                                        code=filled.code, ip=HERE)  # fmt: skip
            assert demo.prefill("desk").code == ""

    def test_unknown_or_suspended_accounts_are_not_offered(self, demo_clinic) -> None:
        assert demo.prefill("nobody") is None
        demo_clinic.is_active = False
        demo_clinic.save()
        assert demo.prefill("desk") is None
        assert demo.demo_accounts() == []

    def test_an_account_without_a_second_factor_is_not_offered(self, demo_clinic) -> None:
        UserFactory.create(clinic=demo_clinic.clinic, role=Role.NURSE)  # as newly opened
        assert [one.staff_no for one in demo.demo_accounts()] == ["desk"]

    def test_from_another_machine_it_is_an_ordinary_page(self, demo_clinic) -> None:
        page = Client(REMOTE_ADDR="10.1.1.9").get(reverse("staff:sign-in"), {"as": "desk"})
        assert demo.demo_password("desk") not in page.content.decode()
        assert page.context["demo_accounts"] == []

    def test_without_demo_it_is_an_ordinary_page(self, demo_clinic, settings) -> None:
        settings.DEMO = False
        page = Client().get(reverse("staff:sign-in"), {"as": "desk"})
        assert demo.demo_password("desk") not in page.content.decode()

    def test_a_demo_on_a_real_name_does_not_start(self, settings) -> None:
        settings.DEMO = True
        settings.ALLOWED_HOSTS = ["clinic.example"]
        assert [error.id for error in demo_stays_on_loopback()] == ["suian.E001"]
        settings.ALLOWED_HOSTS = ["127.0.0.1"]
        assert demo_stays_on_loopback() == []

    @pytest.mark.parametrize("variable", ["SUIAN_DEMO", "DEMO", "DJANGO_DEMO"])
    def test_production_cannot_be_a_demo(self, variable: str) -> None:
        """The real settings in a process of their own, whatever the environment says."""
        script = (
            "import crm.settings.production as p; "
            "print(p.DEMO, p.SESSION_COOKIE_SECURE, p.SECURE_HSTS_SECONDS >= 31536000)"
        )
        environment = {
            variable: "1", "SECRET_KEY": "x" * 50, "DATABASE_URL": "postgres://x@127.0.0.1/x",
            "REDIS_URL": "redis://127.0.0.1/0", "PATH": "/usr/bin:/bin",
        }  # fmt: skip
        told = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True,
            text=True, check=True,
        )  # fmt: skip
        assert told.stdout.split() == ["False", "True", "True"]

    def test_the_command_lists_the_accounts_of_a_demo_only(self, demo_clinic, settings) -> None:
        import io

        from django.core.management import CommandError, call_command

        out = io.StringIO()
        call_command("demo_sign_ins", stdout=out)
        assert demo.demo_password("desk") in out.getvalue()
        settings.DEMO = False
        with pytest.raises(CommandError):
            call_command("demo_sign_ins")
        settings.DEMO = True
        User.objects.update(is_active=False)
        out = io.StringIO()
        call_command("demo_sign_ins", stdout=out)
        assert out.getvalue() == ""


def test_candidates_stand_around_now(lin) -> None:
    steps = [step for step, _code in codes_around(TotpDevice.objects.get(user=lin))]
    assert steps == [steps[0], steps[0] + 1, steps[0] + 2]
    assert abs(steps[1] - int(time.time()) // 30) <= 1
    assert str(TotpDevice.objects.get(user=lin)).startswith("TOTP of")
    assert configured.OTP_TOTP_ISSUER


def test_the_code_is_not_called_optional(client) -> None:
    assert "选填" not in client.get(reverse("staff:sign-in")).content.decode()
