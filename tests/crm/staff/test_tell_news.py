"""An account's owner learns of refused sign-ins and of changes to how the account signs in."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.staff import news, services, sessions
from crm.staff.events import StaffEvent
from crm.staff.models import User
from privacy.access.policy import Role
from tests.crm.staff.test_sign_in import HERE, PASSWORD, THERE, code_of, sign_in, wrong
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)  # refusals are kept though the caller fails


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = services.open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.CONSULTANT, password=PASSWORD
    )
    return user


@pytest.fixture
def long_ago(lin) -> User:
    """Lin signed in yesterday."""
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        sign_in(lin)
    return lin


def come_back(user: User, ip: str = HERE) -> news.SinceLastTime | None:
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):  # a code is good once
        sign_in(user, ip=ip)
        return news.since_last_time(user, ip=ip)


class TestSinceLastTime:
    def test_guesses_from_elsewhere_are_told(self, long_ago) -> None:
        wrong(long_ago, 3, ip=THERE)
        told = come_back(long_ago)
        assert told is not None
        assert (told.refused, told.changed) == (3, 0)

    @pytest.mark.parametrize(("minutes", "told"), [(1, False), (6, True)])
    def test_ones_own_slip_a_moment_ago_is_not(self, long_ago, minutes, told) -> None:
        given = {"staff_no": "lin", "password": "no", "code": "000000"}
        Client().post(reverse("staff:sign-in"), given)
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            sign_in(long_ago)
            assert bool(news.since_last_time(long_ago, ip="127.0.0.1")) is told

    def test_a_first_sign_in_has_nothing_to_compare_with(self, lin) -> None:
        wrong(lin, 1, ip=THERE)
        assert come_back(lin) is None

    def test_a_password_that_an_administrator_made_anew_is_told(self, long_ago, clinic) -> None:
        admin = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
        password = services.reset_password(user=long_ago, actor=admin)
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            sign_in(long_ago, password=password)
            told = news.since_last_time(long_ago, ip=HERE)
        assert told is not None
        assert told.changed
        assert news.since_last_time(admin, ip=HERE) is None

    def test_what_happens_to_others_is_nobody_elses_news(self, long_ago, clinic) -> None:
        other = UserFactory.create(clinic=clinic, role=Role.NURSE)
        with pytest.raises(services.SignInRefused):
            sign_in(other, code="000000", ip=THERE)
        assert come_back(long_ago) is None


class TestNews:
    def test_the_newest_first_and_who_did_it(self, long_ago, clinic) -> None:
        admin = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
        wrong(long_ago, 1, ip=THERE)
        sessions.end_everything(user=long_ago, actor=admin)
        told = news.news_of(long_ago)
        assert [(one.label, one.refused, one.by_other) for one in told] == [
            (StaffEvent.ALL_ENDED.label, False, True),
            (StaffEvent.SIGN_IN_FAILED.label, True, False),
        ]
        assert news.news_of(admin) == []  # it is about somebody else

    def test_old_things_are_forgotten(self, lin) -> None:
        with time_machine.travel(timezone.now() - news.KEPT - timedelta(days=1)):
            wrong(lin, 1)
        assert news.news_of(lin) == []


class TestPages:
    def test_it_is_said_at_the_sign_in_and_listed_on_the_own_page(self, long_ago) -> None:
        wrong(long_ago, 2, ip=THERE)
        client = Client(headers={"accept-language": "en"})
        given = {"staff_no": "lin", "password": PASSWORD, "code": code_of(long_ago)}
        client.post(reverse("staff:sign-in"), given | {"next": "/account/"})
        page = client.get("/account/").content.decode()
        assert "refused sign-ins 2, changes to how you sign in 0" in page
        assert page.count("Failed to sign in") == 2
        assert "refused sign-ins 2" not in client.get("/account/").content.decode()

    def test_an_account_without_news_says_so(self, carer, sign_in_as) -> None:
        page = sign_in_as(carer).get("/account/", headers={"accept-language": "en"})
        assert "Nothing in the last 90 days." in page.content.decode()
