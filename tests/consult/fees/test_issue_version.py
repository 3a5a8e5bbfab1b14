"""A version is drawn up, issued, answered; what is issued never changes."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from consult.fees import lifecycle, selectors, services
from consult.fees.lifecycle import State
from consult.fees.models import Estimate, EstimateLine, EstimateVersion
from consult.fees.problems import NotAnEstimate
from crm.web.idempotency import FIELD, new_key
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.errors import DomainError
from tests.conftest import owner_connection
from tests.factories.fees import full_course, line, make_version

pytestmark = pytest.mark.django_db


def test_a_new_estimate_is_a_sealed_draft(patient, carer) -> None:
    version = make_version(patient, carer)

    assert version.estimate.number.startswith("E-")
    assert (version.state, version.estimate.state) == (State.DRAFT, State.DRAFT)
    stored = EstimateLine.objects.filter(version=version).order_by("position")
    assert [str(one.item) for one in stored] == ["※※※"] * 7
    assert sum(one.amount_low for one in stored) == Decimal("38620.00")
    opened = selectors.open_version(version=version, staff=carer)
    assert opened.current.title == "促排卵方案"
    assert [one.item for one in opened.current.lines] == [one.item for one in full_course()]
    assert opened.current.lines[6].by_occurrence
    assert opened.current.lines[6].insurance == "住院部分按医保目录结算"


def test_issuing_stamps_and_books(patient, carer) -> None:
    version = make_version(patient, carer, state=State.ISSUED)

    assert version.issued_by == carer
    assert Estimate.objects.get(pk=version.estimate_id).state == State.ISSUED
    with acting_as(READER):
        event = AuditEvent.objects.get(action="estimate.issued")
    assert event.codes == [patient.code]
    assert event.detail["number"] == version.estimate.number
    assert event.target == f"estimate:{version.estimate_id}"


def test_an_empty_draft_is_kept_but_not_issued(patient, carer) -> None:
    version = make_version(patient, carer, lines=[])

    with pytest.raises(NotAnEstimate):
        services.issue_version(version=version, revision=1, actor=carer)


def assert_said_on_its_page(refused) -> None:
    """The version's own page, and above it a summary that takes the focus."""
    assert refused.templates[0].name == "consult/fees/version.html"
    page = refused.content.decode()
    assert "<title>错误：E-" in page
    assert 'class="err-sum" role="alert" tabindex="-1"' in page
    assert str(refused.context["refused"].detail) in page


def test_what_is_missing_is_said_on_the_page_of_the_draft(patient, carer, sign_in_as) -> None:
    version = make_version(patient, carer, lines=[])
    address = f"/fees/{version.estimate.number}/v1/"

    def issue(revision: int):
        sent = {"revision": f"{revision}", FIELD: new_key()}
        return sign_in_as(carer).post(f"{address}issue/", sent)

    refused = issue(version.revision)
    assert refused.status_code == 422
    assert_said_on_its_page(refused)
    assert f'href="{address}edit/"' in refused.content.decode()
    assert issue(version.revision + 1).status_code == 409  # saved by somebody else meanwhile
    version.refresh_from_db()
    assert version.is_draft


def test_who_issues_late_sees_that_it_was_issued(patient, carer, sign_in_as) -> None:
    version = make_version(patient, carer, state=State.ISSUED)
    address = f"/fees/{version.estimate.number}/v1/"
    sent = {"revision": f"{version.revision}", FIELD: new_key()}
    answer = sign_in_as(carer).post(f"{address}issue/", sent)
    assert answer.status_code == 409
    assert answer.context["version"].state == State.ISSUED
    assert f'href="{address}edit/"' not in answer.content.decode()


def test_a_step_that_is_refused_is_said_on_the_page_of_the_version(
    patient, carer, sign_in_as
) -> None:
    version = make_version(patient, carer, state=State.ISSUED)
    address = f"/fees/{version.estimate.number}/v1/"
    client = sign_in_as(carer)

    def record(step: str):
        return client.post(f"{address}step/", {"step": step, FIELD: new_key()})

    for step in ("accepted", "superseded", "nonsense", ""):
        refused = record(step)
        assert refused.status_code == 422, step
        assert_said_on_its_page(refused)
        assert 'data-open="step-explained"' in refused.content.decode()  # from here it goes on
    version.refresh_from_db()
    assert version.state == State.ISSUED
    assert record("explained").status_code == 302


def test_who_answers_late_sees_what_was_recorded_meanwhile(patient, carer, sign_in_as) -> None:
    version = make_version(patient, carer, state=State.ACCEPTED)
    sent = {"step": "declined", FIELD: new_key()}
    refused = sign_in_as(carer).post(f"/fees/{version.estimate.number}/v1/step/", sent)
    assert refused.status_code == 422
    assert_said_on_its_page(refused)
    assert refused.context["version"].state == State.ACCEPTED


def test_a_second_draft_is_refused_on_the_page_of_the_first(patient, carer, sign_in_as) -> None:
    first = make_version(patient, carer, state=State.ISSUED)
    number = first.estimate.number
    services.revise_estimate(estimate=first.estimate, actor=carer)
    refused = sign_in_as(carer).post(f"/fees/{number}/revise/", {FIELD: new_key()})
    assert refused.status_code == 409
    assert_said_on_its_page(refused)
    assert refused.context["version"].number == 2
    assert f'href="/fees/{number}/v2/edit/"' in refused.content.decode()  # "continue with that one"
    assert first.estimate.versions.count() == 2


def test_nothing_is_accepted_that_was_not_explained(patient, carer) -> None:
    version = make_version(patient, carer, state=State.ISSUED)

    with pytest.raises(services.NoSuchStep):
        services.record_step(version=version, step=State.ACCEPTED, actor=carer)
    explained = services.record_step(version=version, step=State.EXPLAINED, actor=carer)
    accepted = services.record_step(version=explained, step=State.ACCEPTED, actor=carer)

    assert accepted.explained_by == accepted.answered_by == carer
    with pytest.raises(services.NoSuchStep):
        services.record_step(version=accepted, step=State.DECLINED, actor=carer)
    with pytest.raises(services.NoSuchStep):
        services.record_step(version=accepted, step=State.SUPERSEDED, actor=carer)


def test_an_accepted_version_holds_until_the_next_is_accepted(patient, carer) -> None:
    first = make_version(patient, carer, state=State.ACCEPTED)
    second = services.revise_estimate(estimate=first.estimate, actor=carer)
    with pytest.raises(services.DraftInTheWay):
        services.revise_estimate(estimate=first.estimate, actor=carer)
    opened = selectors.open_version(version=second, staff=carer)
    with pytest.raises(NotAnEstimate, match=r"变更|Reason"):
        services.issue_version(version=second, revision=1, actor=carer)
    second = services.save_draft(
        version=second,
        revision=1,
        title=None,
        reason="延长两天",
        lines=opened.current.lines[:-1],
        actor=carer,
    )
    second = services.issue_version(version=second, revision=2, actor=carer)

    first.refresh_from_db()
    assert first.state == State.ACCEPTED
    assert selectors.open_version(version=second, staff=carer).in_force == first
    second = services.record_step(version=second, step=State.EXPLAINED, actor=carer)
    services.record_step(version=second, step=State.ACCEPTED, actor=carer)
    first.refresh_from_db()
    assert first.state == State.SUPERSEDED


def test_an_open_version_makes_room_when_the_next_is_issued(patient, carer) -> None:
    first = make_version(patient, carer, state=State.EXPLAINED)
    second = services.revise_estimate(estimate=first.estimate, actor=carer)
    opened = selectors.open_version(version=second, staff=carer)
    services.save_draft(
        version=second, revision=1, title=None, reason="加一次", lines=opened.current.lines,
        actor=carer,
    )  # fmt: skip
    services.issue_version(version=second, revision=2, actor=carer)

    first.refresh_from_db()
    assert first.state == State.SUPERSEDED
    with pytest.raises(services.NoSuchStep):
        services.record_step(version=first, step=State.ACCEPTED, actor=carer)


def test_lines_keep_their_key_over_versions(patient, carer) -> None:
    first = make_version(patient, carer, state=State.ISSUED)
    second = services.revise_estimate(estimate=first.estimate, actor=carer)

    opened = selectors.open_version(version=second, staff=carer, against=1)

    assert opened.older is not None
    assert [one.key for one in opened.current.lines] == [one.key for one in opened.older.lines]


@pytest.mark.parametrize(
    "change",
    [
        {"reason": b"x"},
        {"state": "draft"},
        {"state": "accepted"},
        {"revision": 9},
        {"copies": -1},
        {"number": 7},
        {"issued_at": None},
    ],
)
def test_an_issued_version_refuses_changes_by_sql(patient, carer, change) -> None:
    version = make_version(patient, carer, state=State.ISSUED)

    with pytest.raises((ProgrammingError, IntegrityError)), transaction.atomic():
        EstimateVersion.objects.filter(pk=version.pk).update(**change)


def test_lines_of_an_issued_version_refuse_changes_by_sql(patient, carer) -> None:
    version = make_version(patient, carer, state=State.ISSUED)
    lines = EstimateLine.objects.filter(version=version)
    draft = make_version(patient, carer, lines=[line()])

    for attempt in (
        lambda: lines.update(quantity=1),
        lines.delete,
        lambda: lines.filter(position=1).update(version=draft, position=9),
        lambda: draft.lines.update(version=version, position=20),
    ):
        with pytest.raises(ProgrammingError, match="do not change"), transaction.atomic():
            attempt()


def test_an_issued_title_is_fixed_and_nothing_is_deleted(patient, carer) -> None:
    version = make_version(patient, carer, state=State.ISSUED)

    version.estimate.title = "另一个方案"
    with pytest.raises(ProgrammingError, match="keeps its title"), transaction.atomic():
        version.estimate.save()
    for table in ("consult_estimate", "consult_estimateversion", "consult_estimateseries"):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


@pytest.mark.django_db(transaction=True)
def test_even_the_owner_deletes_no_version(patient, carer) -> None:
    make_version(patient, carer)

    with owner_connection() as owner, pytest.raises(Exception, match="never deleted"):
        owner.execute("DELETE FROM consult_estimateversion")


@pytest.mark.parametrize(("start", "end"), [(a, b) for a in State for b in State if a != b])
def test_the_database_knows_the_same_ways_as_the_rules(patient, carer, start, end) -> None:
    draft = make_version(patient, carer)
    stamps = {
        f"{name}_{end_}": value
        for name in ("issued", "explained", "answered")
        for end_, value in (("at", draft.created_at), ("by", carer))
    }
    path = {
        State.DRAFT: [],
        State.ISSUED: [State.ISSUED],
        State.EXPLAINED: [State.ISSUED, State.EXPLAINED],
        State.ACCEPTED: [State.ISSUED, State.EXPLAINED, State.ACCEPTED],
        State.DECLINED: [State.ISSUED, State.DECLINED],
        State.SUPERSEDED: [State.ISSUED, State.SUPERSEDED],
    }[start]
    rows = EstimateVersion.objects.filter(pk=draft.pk)
    for step in path:
        rows.update(state=step, **stamps)
    blank = dict.fromkeys(stamps) if end == State.DRAFT else stamps

    try:
        with transaction.atomic():
            rows.update(state=end, **blank)
        moved = True
    except (ProgrammingError, IntegrityError):
        moved = False

    assert moved is lifecycle.may_become(start, end)


def test_a_draft_is_not_printed_and_copies_are_counted(patient, carer) -> None:
    version = make_version(patient, carer)
    with pytest.raises(DomainError):
        services.print_version(version=version, actor=carer)
    version = services.issue_version(version=version, revision=1, actor=carer)

    copies = [services.print_version(version=version, actor=carer)[1] for _ in range(3)]

    assert copies == [1, 2, 3]
    with acting_as(READER):
        printed = AuditEvent.objects.filter(kind="print")
        assert sorted(event.detail["copy"] for event in printed) == [1, 2, 3]
