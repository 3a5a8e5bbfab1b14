"""The console: filters in the address, newest first, nobody else's clinic, looking is an event."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from crm.trail import selectors, services
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.selectors import Filter, Mark, find, walk
from tests.factories.guards import guarded_by
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


def actions(screen) -> list[str]:
    return [row.event.action for row in screen.rows]


def test_an_auditor_sees_the_own_clinic_newest_first(auditor, history, stranger) -> None:
    screen = selectors.screen(auditor, selectors.narrowed(auditor, Filter()))

    assert actions(screen) == ["access.denied"] * 2 + ["audit.viewed"] * 3
    assert stranger.pk not in {row.event.actor for row in screen.rows}
    moments = [row.event.at for row in screen.rows]
    assert moments == sorted(moments, reverse=True)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"kind": "denial"}, 2),
        ({"action": "audit.viewed"}, 3),
        ({"outcome": "denied"}, 2),
        ({"ip": "10.1.4.21"}, 5),
        ({"ip": "10.1.4.22"}, 0),
        ({"since": timezone.now() + timedelta(hours=1)}, 0),
        ({"until": timezone.now() + timedelta(hours=1)}, 5),
    ],
)
def test_each_condition_narrows(auditor, history, asked, count) -> None:
    wanted = selectors.narrowed(auditor, Filter(**asked))
    assert len(selectors.screen(auditor, wanted).rows) == count


def test_patients_are_found_by_code_and_operators_by_name_or_number(
    auditor, history, patient, carer, stranger
) -> None:
    def count(wanted: Filter, operator: str = "") -> int:
        found = selectors.screen(auditor, selectors.narrowed(auditor, wanted, operator))
        return len(found.rows)

    assert count(Filter(code=patient.code)) == 3
    assert count(Filter(), carer.staff_no.upper()) == 3
    assert count(Filter(), carer.display_name) >= 3
    assert count(Filter(), stranger.staff_no) == 0
    assert count(Filter(), "nobody at all") == 0


def test_without_the_wide_permission_only_own_acts_are_seen(write, clinic, carer) -> None:
    admin = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
    write(admin, 2)
    write(carer, 3)

    screen = selectors.screen(admin, selectors.narrowed(admin, Filter()))
    assert {row.event.actor for row in screen.rows} == {admin.pk}
    nothing = selectors.screen(admin, selectors.narrowed(admin, Filter(), carer.staff_no))
    assert nothing.rows == []


def test_processes_show_only_what_concerns_the_clinic(auditor, patient, stranger) -> None:
    from django.db import transaction

    from privacy.audit import services as audit
    from privacy.audit.events import AccessEvent
    from tests.factories.people import PatientFactory

    foreign = PatientFactory.create(clinic=stranger.clinic)
    with transaction.atomic():
        audit.record(AccessEvent.CRYPTO_FAILED, process="none")
        audit.record(AccessEvent.CRYPTO_FAILED, process="both", subjects=[patient, foreign])
        audit.record(AccessEvent.CRYPTO_FAILED, process="theirs", subjects=[foreign])

    rows = selectors.screen(auditor, selectors.narrowed(auditor, Filter())).rows
    assert {row.who: row.codes for row in rows} == {"none": [], "both": [patient.code]}


def test_pages_go_back_and_forth_without_loss(auditor, write, carer) -> None:
    write(carer, 7)
    wanted = selectors.narrowed(auditor, Filter())
    first = find(wanted, limit=3)
    second = find(wanted, before=first.older, limit=3)
    third = find(wanted, before=second.older, limit=3)
    back = find(wanted, after=third.newer, limit=3)

    seen = [event.id for part in (first, second, third) for event in part.events]
    assert len(seen) == len(set(seen)) == 7
    assert first.newer is None
    assert third.older is None
    assert [event.id for event in back.events] == [event.id for event in second.events]
    assert back.newer
    assert back.older


def test_marks_survive_the_address_and_nonsense_is_no_mark() -> None:
    from uuid import uuid4

    mark = Mark(timezone.now(), uuid4())
    assert Mark.parse(str(mark)) == mark
    for nonsense in ("", "x-y", "12", f"{10**30}-{uuid4().hex}", "5-zz"):
        assert Mark.parse(nonsense) is None


def test_the_page_books_that_it_was_opened(auditor, history, sign_in_as, patient) -> None:
    client = sign_in_as(auditor)
    answer = client.get(reverse("trail:list"), {"code": patient.code, "range": "7d"})

    assert answer.status_code == 200
    assert patient.code in answer.content.decode()
    with acting_as(READER):
        opened = AuditEvent.objects.filter(actor=auditor.pk).get()
    assert opened.action == "audit.viewed"
    assert opened.detail["code"] == patient.code


def test_a_wrong_filter_is_said_and_shows_nothing(auditor, history, sign_in_as) -> None:
    client = sign_in_as(auditor)
    for asked in (
        {"code": "not a code"},
        {"ip": "10.1.4"},
        {"kind": "nonsense"},
        {"since": "2026-11-20", "until": "2026-11-01"},
    ):
        answer = client.get(reverse("trail:list"), asked)
        assert answer.status_code == 422
        assert answer.context["screen"] is None


def test_one_event_shows_its_proof(auditor, history, sign_in_as, stranger, carer) -> None:
    client = sign_in_as(auditor)
    with acting_as(READER):
        mine = AuditEvent.objects.filter(actor=carer.pk).first()
        foreign = AuditEvent.objects.filter(actor=stranger.pk).first()

    page = client.get(reverse("trail:event", args=[mine.pk]))
    assert page.context["proof"].genuine
    assert page.context["proof"].seal is None
    assert mine.digest.hex() in page.content.decode()
    assert client.get(reverse("trail:event", args=[foreign.pk])).status_code == 404
    assert services.open_event(viewer=auditor, event_id=auditor.pk) is None


def test_one_may_open_own_events_only(write, clinic, carer, sign_in_as) -> None:
    admin = UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)
    write(admin)
    write(carer)
    with acting_as(READER):
        own = AuditEvent.objects.filter(actor=admin.pk).get()
        others = AuditEvent.objects.filter(actor=carer.pk).get()
    client = sign_in_as(admin)

    assert client.get(reverse("trail:own")).status_code == 200
    assert client.get(reverse("trail:event", args=[own.pk])).status_code == 200
    assert client.get(reverse("trail:event", args=[others.pk])).status_code == 404


def test_a_whole_history_is_walked_in_pages(auditor, write, carer) -> None:
    write(carer, 5)
    pages = list(walk(selectors.narrowed(auditor, Filter()), page=2))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert list(walk(Filter(ip="10.9.9.9"))) == []


def test_without_a_clinic_everything_is_found(write, carer, stranger) -> None:
    write(carer)
    write(stranger)
    assert len(find(Filter()).events) == 2


def test_what_is_about_the_readers_own_record_is_left_out(
    auditor, history, carer, patient, sign_in_as, events, booked
) -> None:
    """T1: by code, among all, one by one; a colleague reads on, and no event tells."""
    colleague = UserFactory.create(clinic=auditor.clinic, role=Role.AUDITOR)
    guarded_by(patient, carer, person=auditor)
    about = next(one for one in events("audit.viewed") if one.codes == [patient.code])

    def seen(reader, **asked: str) -> int:
        screen = sign_in_as(reader).get(reverse("trail:list"), asked).context["screen"]
        return sum(patient.code in row.codes for row in screen.rows)

    assert (seen(auditor, code=patient.code), seen(auditor)) == (0, 0)
    assert (seen(colleague, code=patient.code), seen(colleague)) == (3, 3)
    address = reverse("trail:event", args=[about.pk])
    assert sign_in_as(auditor).get(address).status_code == 404
    assert sign_in_as(colleague).get(address).status_code == 200
    own, others = (
        next(one for one in booked("audit.viewed") if one.actor == who.pk and "code" in one.detail)
        for who in (auditor, colleague)
    )
    assert own.detail == others.detail
