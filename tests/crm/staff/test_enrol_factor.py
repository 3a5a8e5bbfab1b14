"""A second factor is set up by its person alone: at the first sign-in, and after a reset."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.staff import enrolment, recovery, rules, services
from crm.staff.models import OneTimeCode, TotpDevice, User
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role
from privacy.errors import AccessDenied
from tests.factories.people import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
SIGN_IN, ENROL = "/sign-in/", "/sign-in/enrol/"


@pytest.fixture
def guard(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = services.open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.NURSE, password=PASSWORD
    )
    return user


def at_the_page(user: User, code: str) -> Client:
    client = Client()
    given = {"staff_no": user.staff_no, "password": PASSWORD, "code": code}
    assert client.post(SIGN_IN, given)["Location"] == ENROL
    return client


def code_of(user: User, steps: int = 0) -> str:
    device = TotpDevice.objects.get(user=user)
    return f"{device.generator(timezone.now() + timedelta(seconds=30 * steps)).token():06d}"


class TestEnrolling:
    def test_the_key_can_be_typed(self, lin, guard) -> None:
        client = at_the_page(lin, enrolment.reset(user=lin, actor=guard))
        key = client.get(ENROL).context["secret"]
        assert set(map(len, key.split(" "))) == {4}
        assert key.replace(" ", "") in client.get(ENROL).context["uri"]

    def test_the_app_is_set_up_and_the_person_is_in(self, lin, guard, booked) -> None:
        client = at_the_page(lin, enrolment.reset(user=lin, actor=guard))
        page = client.get(ENROL)
        assert "<svg" in page.content.decode()
        assert "style=" not in page.content.decode()
        assert page.context["uri"].startswith("otpauth://totp/Suian%3Alin?secret=")
        assert client.get("/account/").status_code == 302  # not in yet

        done = client.post(ENROL, {"code": code_of(lin)})

        assert done["Location"] == "/account/"
        assert client.get("/account/").status_code == 200
        assert TotpDevice.objects.get(user=lin).confirmed_at
        assert not OneTimeCode.objects.exists()
        assert booked("staff.factor_enrolled")[0].actor == lin.pk
        assert client.get(ENROL)["Location"] == SIGN_IN  # the seed is not shown again

    def test_the_seed_lies_sealed(self, lin, guard) -> None:
        at_the_page(lin, enrolment.reset(user=lin, actor=guard))
        seed = TotpDevice.objects.get(user=lin).generator().key
        with connection.cursor() as cursor:
            cursor.execute("SELECT seed FROM crm_totpdevice")
            (box,) = cursor.fetchone()
        assert seed not in bytes(box)
        assert seed.hex().encode() not in bytes(box)

    def test_it_can_be_taken_up_again_with_another_seed(self, lin, guard) -> None:
        code = enrolment.reset(user=lin, actor=guard)
        seeds = set()
        for _ in range(2):
            client = at_the_page(lin, code)
            seeds.add(client.get(ENROL).context["uri"])
        assert len(seeds) == 2
        assert client.post(ENROL, {"code": code_of(lin)}).status_code == 302

    def test_the_code_ends_after_a_day_and_with_the_first_good_digit(self, lin, guard) -> None:
        code = enrolment.reset(user=lin, actor=guard)
        with (
            time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)),
            pytest.raises(services.SignInRefused),
        ):
            services.sign_in(staff_no="lin", password=PASSWORD, code=code, ip=None)
        client = at_the_page(lin, code)
        client.post(ENROL, {"code": code_of(lin)})
        with pytest.raises(services.SignInRefused):
            services.sign_in(staff_no="lin", password=PASSWORD, code=code, ip=None)

    def test_a_session_sees_the_device_that_it_began_and_no_later_one(self, lin, guard) -> None:
        old = at_the_page(lin, enrolment.reset(user=lin, actor=guard))
        later = at_the_page(lin, enrolment.reset(user=lin, actor=guard))
        assert later.get(ENROL).context["uri"]
        assert old.get(ENROL)["Location"] == SIGN_IN
        assert old.post(ENROL, {"code": code_of(lin)})["Location"] == SIGN_IN
        assert TotpDevice.objects.get(user=lin).confirmed_at is None
        assert old.get("/account/").status_code == 302

    def test_a_device_takes_no_code_that_another_one_gave(self, lin, guard) -> None:
        enrolment.reset(user=lin, actor=guard)
        first = enrolment.begin(user=lin)
        enrolment.begin(user=lin)
        with pytest.raises(AccessDenied):
            enrolment.confirm(device=first, code=code_of(lin), ip=None)

    def test_nothing_is_confirmed_after_the_enrolment_code_ran_out(self, lin, guard) -> None:
        code = enrolment.reset(user=lin, actor=guard)
        with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=55)):
            client = at_the_page(lin, code)
            device = TotpDevice.objects.get(user=lin)
        with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
            assert client.get(ENROL)["Location"] == SIGN_IN
            with pytest.raises(AccessDenied):
                enrolment.confirm(device=device, code=code_of(lin), ip=None)
            with pytest.raises(services.SignInRefused):
                services.sign_in(staff_no="lin", password=PASSWORD, code=code_of(lin), ip=None)

    def test_the_code_without_the_password_opens_nothing(self, lin, guard) -> None:
        code = enrolment.reset(user=lin, actor=guard)
        answer = Client().post(SIGN_IN, {"staff_no": "lin", "password": "no", "code": code})
        assert answer.status_code == 422

    @pytest.mark.parametrize("steps", [-2, 2])
    def test_early_and_late_codes_are_refused(self, lin, guard, steps) -> None:
        client = at_the_page(lin, enrolment.reset(user=lin, actor=guard))
        with time_machine.travel(timezone.now(), tick=False):
            assert client.post(ENROL, {"code": code_of(lin, steps)}).status_code == 422

    def test_guesses_are_locked(self, lin, guard) -> None:
        client = at_the_page(lin, enrolment.reset(user=lin, actor=guard))
        for _ in range(rules.PER_ADDRESS):
            assert client.post(ENROL, {"code": "000000"}).status_code == 422
        assert client.post(ENROL, {"code": code_of(lin)}).status_code == 429

    def test_strangers_and_the_suspended_are_led_to_the_door(self, lin, guard) -> None:
        assert Client().get(ENROL)["Location"] == SIGN_IN
        client = at_the_page(lin, enrolment.reset(user=lin, actor=guard))
        User.objects.filter(pk=lin.pk).update(is_active=False)
        assert client.get(ENROL)["Location"] == SIGN_IN


class TestReset:
    def test_everything_the_person_had_ends(self, lin, guard, sign_in_as, booked) -> None:
        victim, watch = sign_in_as(lin), sign_in_as(guard)
        (old, *_rest) = recovery.make_codes(user=lin)
        code = code_of(lin)
        page = watch.post(reverse("staff:reset-factor", args=[lin.pk]), {FIELD: new_key()})
        assert page.status_code == 200
        assert victim.get("/account/").status_code == 302
        for spent in (code, old):
            with pytest.raises(services.SignInRefused):
                services.sign_in(staff_no="lin", password=PASSWORD, code=spent, ip=None)
        client = at_the_page(lin, page.context["enrolment_code"])
        assert client.post(ENROL, {"code": code_of(lin)}).status_code == 302
        assert booked("staff.factor_reset")[0].target == "staff:lin"

    def test_never_the_own_one_nor_in_another_clinic(self, guard, stranger, sign_in_as) -> None:
        with pytest.raises(AccessDenied):
            enrolment.reset(user=guard, actor=guard)
        path = reverse("staff:reset-factor", args=[stranger.pk])
        assert sign_in_as(guard).post(path, {FIELD: new_key()}).status_code == 404
