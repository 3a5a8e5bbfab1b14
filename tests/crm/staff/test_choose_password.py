"""Password policy: length by default, complexity and periodic change on request (R27)."""

import io
from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha1

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from crm.staff import breached, rules, services
from crm.staff.checks import breached_passwords_are_there, password_policy_is_known
from crm.staff.models import User
from crm.web.idempotency import FIELD, new_key
from privacy.errors import DomainError
from tests.factories.people import PASSWORD

PLAIN = "quiet rivers run deep"


def change(user: User, new: str) -> None:
    services.change_password(user=user, old=PASSWORD, new=new, ip=None)


@pytest.fixture
def lin(carer) -> User:
    carer.display_name = "林晓"
    carer.staff_no = "zz99"
    carer.save()
    return carer


@pytest.fixture
def complexity(settings) -> None:
    settings.PASSWORD_POLICY = "complexity"


@pytest.mark.django_db
class TestBoth:
    @pytest.mark.parametrize(
        "bad", ["short", "eleven char", "password1234", "xx ZZ99 and more", "林晓 and something",
                "my suian password", PASSWORD],
    )  # fmt: skip
    @pytest.mark.parametrize("policy", ["length", "complexity"])
    def test_short_common_own_and_present_ones_are_refused(
        self, lin, settings, bad, policy
    ) -> None:
        settings.PASSWORD_POLICY = policy
        with pytest.raises(DomainError):
            change(lin, bad)
        lin.refresh_from_db()
        assert lin.check_password(PASSWORD)

    @pytest.mark.parametrize(
        "bad",
        [
            "Password2026!!",
            "qwertyqwerty",
            "iloveyou-123456",
            "112233112233",
            "2026 Welcome",
            "n8zgt5p0shw=",
        ],
    )
    def test_a_common_word_made_longer_is_refused(self, lin, bad) -> None:
        with pytest.raises(DomainError):
            change(lin, bad)

    def test_the_clinics_name_is_known_to_others(self, lin) -> None:
        with pytest.raises(DomainError):
            change(lin, f"{lin.clinic.name} every day")

    def test_an_unknown_policy_does_not_start(self, settings) -> None:
        assert password_policy_is_known() == []
        settings.PASSWORD_POLICY = "none"
        assert [error.id for error in password_policy_is_known()] == ["suian.E002"]


@pytest.mark.django_db
class TestLength:
    def test_a_long_plain_one_is_good_for_years(self, lin, sign_in_as) -> None:
        change(lin, PLAIN)
        User.objects.update(password_changed_at=timezone.now() - timedelta(days=2000))
        assert sign_in_as(lin).get("/consultations/").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("complexity")
class TestComplexity:
    def test_three_kinds_are_needed_and_enough(self, lin, sign_in_as) -> None:
        with pytest.raises(DomainError):
            change(lin, PLAIN)
        client = sign_in_as(lin)
        page = client.get("/account/")
        assert "capitals" in str(page.context["form"].fields["new"].help_text) or (
            "大写" in page.content.decode()
        )
        change(lin, "Quiet rivers run deep")

    def test_an_old_one_is_changed_before_anything_else(self, lin, sign_in_as, settings) -> None:
        old = timezone.now() - timedelta(days=settings.PASSWORD_MAX_AGE_DAYS + 1)
        User.objects.filter(pk=lin.pk).update(password_changed_at=old)
        client = sign_in_as(lin)
        assert client.get("/consultations/")["Location"] == "/account/"
        assert client.get("/api/v1/me/").json()["code"] == "password-due"
        page = client.get("/account/")
        assert page.context["due"] is True
        new = "Quiet rivers run deep"
        given_ = {FIELD: new_key(), "old": PASSWORD, "new": new, "again": new}
        assert client.post(reverse("staff:account"), given_).status_code == 302
        assert client.get("/consultations/").status_code == 200

    def test_it_is_due_to_the_day(self, lin, sign_in_as, settings) -> None:
        now = timezone.now()
        User.objects.filter(pk=lin.pk).update(password_changed_at=now)
        edge = now + timedelta(days=settings.PASSWORD_MAX_AGE_DAYS)
        for at, told in ((edge, 200), (edge + timedelta(seconds=1), 302)):
            with time_machine.travel(at, tick=False):
                assert sign_in_as(lin).get("/consultations/").status_code == told


class TestBreached:
    @pytest.mark.django_db
    def test_a_stolen_one_is_refused_where_there_is_a_list(self, lin, settings, tmp_path) -> None:
        file = tmp_path / "stolen"
        file.write_text(listed(["quiet rivers run deep", *map(str, range(50))]))
        settings.BREACHED_PASSWORDS_FILE = str(file)
        with pytest.raises(DomainError):
            change(lin, PLAIN)
        settings.BREACHED_PASSWORDS_FILE = ""
        change(lin, PLAIN)

    @given(st.sets(st.text(max_size=8), max_size=40), st.text(max_size=8), st.booleans())
    def test_what_stands_in_the_list_is_found_and_nothing_else(self, known, other, count) -> None:
        lines = io.BytesIO(listed(known, count=count).encode())
        for one in {*known, other}:
            assert breached._stands_in(lines, digest(one).encode()) is (one in known)

    def test_a_list_that_is_missing_stops_the_start(self, settings, tmp_path) -> None:
        assert breached_passwords_are_there() == []
        settings.BREACHED_PASSWORDS_FILE = str(tmp_path / "none")
        assert [error.id for error in breached_passwords_are_there()] == ["suian.E006"]


def digest(password: str) -> str:
    return sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


def listed(passwords: Iterable[str], *, count: bool = True) -> str:
    """A list as it is given away: lines in order, with or without how often."""
    digests = sorted(digest(one) for one in passwords)
    return "".join(f"{one}:{len(one)}\r\n" if count else f"{one}\n" for one in digests)


@given(st.text(max_size=30))
def test_kinds_are_counted_up_to_four(password: str) -> None:
    assert 0 <= rules.kinds_of_characters(password) <= 4
    assert rules.kinds_of_characters(password + "aB3-") == 4


@given(st.text(max_size=6), st.sampled_from(["", "1", "!!", "2026"]), st.integers(1, 4))
def test_common_words_are_seen_through_what_makes_them_longer(
    word: str, more: str, times: int
) -> None:
    common = {"welcome"}.__contains__
    assert rules.is_stretched(("welcome" * times) + more, common)
    assert rules.is_stretched(more + "Welcome" + more, common)
    assert not rules.is_stretched(f"harbour {word} lantern", common)


@given(st.text(max_size=20), st.text(min_size=3, max_size=8), st.text(max_size=20))
def test_a_known_word_is_found_anywhere(before: str, word: str, after: str) -> None:
    whole = before + word + after
    if word.casefold() in whole.casefold():
        assert rules.contains_known(whole, [word])
