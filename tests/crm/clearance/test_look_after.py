"""Reminders at thirty and seven days, the daily reckoning, and the administrator's overview."""

from datetime import timedelta

import time_machine
from django.urls import reverse
from django.utils import timezone

from crm.clearance import selectors, services
from crm.clearance.models import Reminder
from crm.clearance.tasks import look_after
from crm.staff.models import User
from tests.crm.clearance.conftest import sit


def in_days(days: int):
    return time_machine.travel(timezone.now() + timedelta(days=days))


def test_reminders_come_twice_and_go_when_it_is_renewed(trainee, clear, events) -> None:
    clear(trainee)
    services.look_after()
    assert not Reminder.objects.filter(staff=trainee).exists()

    with in_days(335):
        assert services.look_after()[1] == 4  # four trainings
        assert services.look_after()[1] == 0
        assert set(Reminder.objects.values_list("staff", "days")) == {(trainee.pk, 30)}
    with in_days(358):
        assert services.look_after()[1] == 4
        assert {one.days for one in selectors.reminders_of(trainee)} == {7}
        sit(trainee, "privacy")
        services.look_after()
        left = set(Reminder.objects.filter(staff=trainee).values_list("item", flat=True))
        assert left == {"course:sensitive", "course:wording", "course:consent"}
    booked = events("clearance.looked_after")
    assert [one.detail["reminders"] for one in booked if one.detail["reminders"]] == [4, 4]


def test_a_lapse_needs_no_job_and_the_job_writes_it_down(trainee, clear, sign_in_as) -> None:
    clear(trainee)
    with in_days(366):
        client = sign_in_as(trainee)
        assert client.get(reverse("consult:consultations")).status_code == 403
        look_after()
        trainee.refresh_from_db()
        assert trainee.cleared_until is None


def test_nobody_cleared_by_hand_stays_cleared(colleague) -> None:
    assert colleague.cleared_until is not None  # written into the row, nothing behind it
    services.look_after()
    colleague.refresh_from_db()
    assert colleague.cleared_until is None


def test_a_quiet_day_books_nothing(trainee, admin, events) -> None:
    User.objects.update(cleared_until=None)
    assert services.look_after() == (0, 0)
    assert events("clearance.looked_after") == []


def test_the_own_page_counts_what_lapses(trainee, clear, sign_in_as) -> None:
    clear(trainee)
    with in_days(340):
        services.look_after()
        page = sign_in_as(trainee).get(reverse("clearance:own"))
    assert page.context["reminders"] == 4
    soon = [row for row in page.context["rows"] if row.soon]
    assert len(soon) == 4


def test_the_overview_says_who_lacks_what(
    trainee, clear, carer, admin, stranger, sign_in_as, events
) -> None:
    page = sign_in_as(admin).get(reverse("clearance:overview"))
    shown = {person.pk: missing for person, _cleared, missing in page.context["rows"]}
    assert len(shown[trainee.pk]) == 7  # NDA, pledge, manual, four trainings
    assert stranger.pk not in shown
    clear(trainee)
    page = sign_in_as(admin).get(reverse("clearance:overview"))
    rows = {person.pk: (cleared, missing) for person, cleared, missing in page.context["rows"]}
    assert rows[trainee.pk] == (True, [])
    assert events("clearance.overview")[-1].detail == {"accounts": len(rows)}


def test_the_overview_costs_the_same_for_many(
    trainee, admin, sign_in_as, django_assert_max_num_queries
) -> None:
    client = sign_in_as(admin)
    with django_assert_max_num_queries(14):
        client.get(reverse("clearance:overview"))
