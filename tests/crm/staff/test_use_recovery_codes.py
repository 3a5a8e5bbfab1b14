"""Recovery codes: ten, shown once, hashed, each good once; throttled like any other code."""

import re

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crm.staff import recovery, rules, services
from crm.staff.models import OneTimeCode, User
from crm.staff.services import SignInLocked, SignInRefused
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role
from tests.factories.people import PASSWORD

HERE = "10.1.1.1"


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = services.open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.NURSE, password=PASSWORD
    )
    return user


def sign_in(user: User, code: str) -> User:
    return services.sign_in(staff_no=user.staff_no, password=PASSWORD, code=code, ip=HERE)


@pytest.mark.django_db
class TestCodes:
    def test_ten_of_eighty_bits_and_only_keyed_hashes_stay(self, lin) -> None:
        codes = recovery.make_codes(user=lin)
        assert len(set(codes)) == 10
        assert len(rules.CODE_LETTERS) ** rules.CODE_LENGTH == 2**80
        assert all(re.fullmatch(r"([0-9A-Z]{4}-){3}[0-9A-Z]{4}", code) for code in codes)
        with connection.cursor() as cursor:
            cursor.execute("SELECT string_agg(to_jsonb(c)::text, '') FROM crm_onetimecode c")
            (dump,) = cursor.fetchone()
        assert not [code for code in codes if code in dump or code.replace("-", "") in dump]
        assert str(OneTimeCode.objects.first())

    def test_each_is_good_once(self, lin, booked) -> None:
        first, second, *_rest = recovery.make_codes(user=lin)
        assert sign_in(lin, first) == lin
        with pytest.raises(SignInRefused):
            sign_in(lin, first)
        assert sign_in(lin, second) == lin
        assert recovery.codes_left(lin) == 8
        assert booked("staff.recovery_used")[0].detail == {"left": 8}

    def test_it_is_read_as_people_type_it(self, lin) -> None:
        (code, *_rest) = recovery.make_codes(user=lin)
        sloppy = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")
        assert sign_in(lin, sloppy) == lin

    def test_it_opens_one_account_only_and_needs_the_password(self, lin, clinic) -> None:
        (code, *_rest) = recovery.make_codes(user=lin)
        other, _seed = services.open_account(
            clinic=clinic, staff_no="zhou", display_name="周", role=Role.NURSE, password=PASSWORD
        )
        with pytest.raises(SignInRefused):
            sign_in(other, code)
        with pytest.raises(SignInRefused):
            services.sign_in(staff_no="lin", password="no", code=code, ip=HERE)
        assert recovery.codes_left(lin) == 10

    def test_new_ones_void_the_old(self, lin) -> None:
        (old, *_rest) = recovery.make_codes(user=lin)
        recovery.make_codes(user=lin)
        with pytest.raises(SignInRefused):
            sign_in(lin, old)

    def test_guesses_are_locked_like_any_others(self, lin) -> None:
        (code, *_rest) = recovery.make_codes(user=lin)
        for _ in range(rules.PER_ADDRESS):
            with pytest.raises(SignInRefused):
                sign_in(lin, "0000-0000-0000-0000")
        with pytest.raises(SignInLocked):
            sign_in(lin, code)
        with time_machine.travel(timezone.now() + rules.PER_ADDRESS_WINDOW * 1.01):
            assert sign_in(lin, code) == lin


@pytest.mark.django_db
class TestSheet:
    def test_it_is_shown_once_and_the_count_stands_on_the_account_page(
        self, lin, sign_in_as, booked
    ) -> None:
        client = sign_in_as(lin)
        given_ = {FIELD: new_key()}
        page = client.post(reverse("staff:recovery-codes"), given_)
        codes = page.context["codes"]
        assert all(code in page.content.decode() for code in codes)
        again = client.post(reverse("staff:recovery-codes"), given_)
        assert codes[0] not in again.content.decode()
        account = client.get(reverse("staff:account"))
        assert account.context["codes_left"] == 10
        assert codes[0] not in account.content.decode()
        assert booked("staff.recovery_made")[0].kind == "print"


@given(st.text(alphabet=rules.CODE_LETTERS, min_size=16, max_size=16))
def test_what_is_printed_can_be_read_again(code: str) -> None:
    assert rules.read_code(rules.in_groups(code)) == code


@given(st.text(max_size=40))
def test_whatever_is_typed_gives_a_code_or_nothing(text: str) -> None:
    code = rules.read_code(text)
    assert code == "" or (len(code) == 16 and set(code) <= set(rules.CODE_LETTERS))
