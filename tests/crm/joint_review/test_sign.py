"""Two signatures of two sides over one digest; afterwards nothing moves (S60)."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from crm.access_requests.events import BreakGlassEvent
from crm.alerts.models import Alert
from crm.alerts.rules import Facts, Sign, sign_of
from crm.joint_review import selectors, tasks
from crm.joint_review.models import ReviewItem, ReviewSheet, ReviewSignature
from crm.joint_review.services import drawing, judging, signing
from privacy.access.policy import Role
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.conftest import owner_connection
from tests.crm.joint_review.conftest import TEXT, travelled
from tests.crm.joint_review.test_judge import FINDING, IN_ORDER, judge_all, used
from tests.factories.people import UserFactory, in_another_role
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(sheet, keeper, control) -> ReviewSheet:
    judging.judge(item_id=used(sheet).pk, actor=control, verdict=FINDING, text=TEXT)
    judge_all(sheet, keeper, control)
    return sheet


@pytest.fixture
def signed(judged, keeper, control) -> ReviewSheet:
    signing.sign(sheet_id=judged.pk, actor=keeper)
    signing.sign(sheet_id=judged.pk, actor=control)
    return judged


class TestSign:
    def test_one_of_each_side(self, signed, keeper, control, booked) -> None:
        first, second = signed.signatures.all()
        assert (first.side, first.signer) == ("it", keeper)
        assert (second.side, second.signer) == ("qc", control)
        assert first.digest == second.digest == selectors.digest_of(signed)
        assert booked("review.signed")[0].detail["sha256"] == first.digest
        assert booked("review.signed")[0].detail["signatures"] == 2
        assert str(first) == f"it under {signed.pk}"

    def test_not_before_everything_is_judged(self, sheet, keeper) -> None:
        with pytest.raises(DomainError):
            signing.sign(sheet_id=sheet.pk, actor=keeper)

    def test_each_side_once(self, judged, keeper, clinic) -> None:
        signing.sign(sheet_id=judged.pk, actor=keeper)
        second = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
        for who in (keeper, second):
            with pytest.raises(Conflict):
                signing.sign(sheet_id=judged.pk, actor=who)

    def test_nobody_twice_in_another_role(self, judged, keeper) -> None:
        signing.sign(sheet_id=judged.pk, actor=keeper)
        with pytest.raises(Conflict):
            signing.sign(sheet_id=judged.pk, actor=in_another_role(keeper, Role.MEDICAL_QC))

    @pytest.mark.parametrize("role", [Role.AUDITOR, Role.SYSTEM_ADMIN, Role.DOCTOR])
    def test_no_other_role(self, judged, clinic, role) -> None:
        with pytest.raises(AccessDenied):
            signing.sign(sheet_id=judged.pk, actor=UserFactory.create(clinic=clinic, role=role))

    def test_no_other_clinic(self, judged, elsewhere) -> None:
        with pytest.raises(ReviewSheet.DoesNotExist):
            signing.sign(sheet_id=judged.pk, actor=elsewhere)

    def test_a_signed_sheet_is_judged_no_more(self, judged, keeper, control) -> None:
        signing.sign(sheet_id=judged.pk, actor=keeper)
        item = judged.items.exclude(verdict="finding").filter(only_side="").first()
        for act in (
            lambda: judging.judge(item_id=item.pk, actor=control, verdict=IN_ORDER),
            lambda: judging.tick(sheet_id=judged.pk, actor=control, item_ids=[item.pk]),
            lambda: judging.take_over(sheet_id=judged.pk, actor=control),
        ):
            with pytest.raises(Conflict):
                act()


def insert(sheet, signer, side, digest=None) -> None:
    row = ReviewSignature(
        sheet=sheet, signer=signer, side=side, digest=digest or selectors.digest_of(sheet)
    )
    with transaction.atomic():
        row.save(force_insert=True)


class TestNotBySql:
    @pytest.mark.parametrize(
        ("who", "side", "constraint"),
        [
            ("keeper", "qc", "review_signer_is_of_side"),
            ("control", "it", "review_signer_is_of_side"),
            ("auditor", "it", "review_signer_is_of_side"),
            ("carer", "qc", "review_signer_is_of_side"),
            ("elsewhere", "it", "review_signer_is_of_side"),
        ],
    )
    def test_by_one_of_the_side(self, judged, request, who, side, constraint) -> None:
        with pytest.raises(IntegrityError) as refused:
            insert(judged, request.getfixturevalue(who), side)
        assert refused.value.__cause__.diag.constraint_name == constraint

    def test_not_unjudged(self, sheet, keeper) -> None:
        with pytest.raises(IntegrityError) as refused:
            insert(sheet, keeper, "it")
        assert refused.value.__cause__.diag.constraint_name == "review_signed_when_judged"

    def test_two_signers_two_sides_one_digest(self, judged, keeper, control, clinic) -> None:
        insert(judged, keeper, "it")
        other = UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)
        with pytest.raises(IntegrityError):
            insert(judged, other, "it")
        with pytest.raises(IntegrityError) as refused:
            insert(judged, control, "qc", digest="0" * 64)
        assert refused.value.__cause__.diag.constraint_name == "review_one_digest"
        with pytest.raises(IntegrityError) as refused:
            insert(judged, keeper, "qc")  # whose role cannot have changed
        assert refused.value.__cause__.diag.constraint_name == "review_signer_is_of_side"

    @pytest.mark.parametrize(
        "sql",
        [
            "UPDATE crm_reviewitem SET verdict = 'in_order'",
            "UPDATE crm_reviewitem SET judged_at = now()",
            "UPDATE crm_reviewitem SET grounds = '{random}'",
            "UPDATE crm_reviewitem SET event_id = id",
            "DELETE FROM crm_reviewitem",
            "UPDATE crm_reviewsheet SET seed = ''",
            "DELETE FROM crm_reviewsheet",
            "UPDATE crm_reviewsignature SET digest = digest",
            "DELETE FROM crm_reviewsignature",
            "DELETE FROM crm_reviewfinding",
            "UPDATE crm_reviewfinding SET text = 'x'",
        ],
    )
    def test_a_signed_sheet_stays(self, signed, sql) -> None:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)

    @pytest.mark.parametrize(
        "change",
        ["event_id = id", "seq = 0", "actor = NULL", "only_side = ''", "grounds = '{random}'"],
    )
    def test_what_was_drawn_stays_from_the_first(self, sheet, control, change) -> None:
        set_verdict = "verdict = 'in_order', side = 'qc', judged_at = now(), judged_by_id = %s"
        sql = f"UPDATE crm_reviewitem SET {change}, {set_verdict} WHERE action LIKE '%%judged'"
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, [control.pk])


@pytest.mark.django_db(transaction=True)
def test_not_even_the_owner_and_no_item_later(signed) -> None:
    copy = (
        "INSERT INTO crm_reviewitem (id, created_at, updated_at, sheet_id, number, event_id, "
        "event_at, seq, event_digest, action, role, only_side, grounds, facts, verdict, side) "
        "SELECT gen_random_uuid(), now(), now(), sheet_id, 999, gen_random_uuid(), event_at, seq, "
        "event_digest, action, role, only_side, grounds, facts, '', '' "
        "FROM crm_reviewitem WHERE number = 1"
    )
    with owner_connection() as owner:
        for sql in (
            copy,
            "UPDATE crm_reviewitem SET verdict = 'in_order'",
            "UPDATE crm_reviewsheet SET seed = ''",
            "DELETE FROM crm_reviewsignature",
        ):
            with pytest.raises(Exception, match=r"stays|come with their sheet"):
                owner.execute(sql)


class TestVerify:
    def test_all_holds(self, signed, auditor, booked) -> None:
        found = signing.verify(sheet_id=signed.pk, actor=auditor)
        assert found.whole
        assert found.run.whole
        assert found.run.events >= signed.events
        assert booked("review.verified")[0].outcome == "ok"

    def test_unsigned_holds_too(self, sheet, keeper) -> None:
        found = signing.verify(sheet_id=sheet.pk, actor=keeper)
        assert found.whole
        assert found.signed == ()

    def test_not_for_everybody(self, sheet, carer, elsewhere) -> None:
        with pytest.raises(AccessDenied):
            signing.verify(sheet_id=sheet.pk, actor=carer)
        with pytest.raises(ReviewSheet.DoesNotExist):
            signing.verify(sheet_id=sheet.pk, actor=elsewhere)

    def test_a_long_trail_is_not_waited_for(self, sheet, keeper, monkeypatch) -> None:
        monkeypatch.setattr(signing, "AT_ONCE", 0)
        found = signing.verify(sheet_id=sheet.pk, actor=keeper)
        assert found.run is None
        assert found.whole


SHEETS = ("crm_reviewitem", "crm_reviewsheet", "crm_reviewsignature", "privacy_auditevent")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("sql", "part"),
    [
        ("UPDATE crm_reviewitem SET judged_at = judged_at + interval '1 s'", "digest"),
        ("UPDATE crm_reviewitem SET grounds = '{grant}' WHERE grounds = '{random}'", "drawn"),
        ("UPDATE crm_reviewsheet SET seed = repeat('0', 64)", "seed"),
        (
            "UPDATE crm_reviewitem SET event_id = (SELECT id FROM privacy_auditevent AS event "
            "WHERE action = 'patient.opened' AND NOT EXISTS (SELECT FROM crm_reviewitem "
            "WHERE event_id = event.id) LIMIT 1) WHERE grounds = '{random}'",
            "sample",
        ),
        ("UPDATE privacy_auditevent SET reason = 'x' WHERE action = 'break_glass.used'", "changed"),
    ],
)
def test_whatever_is_tampered_with_is_told(signed, auditor, booked, sql, part) -> None:
    assert signing.verify(sheet_id=signed.pk, actor=auditor).whole
    tamper(sql, tables=SHEETS)
    found = signing.verify(sheet_id=signed.pk, actor=auditor)
    assert not found.whole
    held = {
        "digest": found.digest_holds,
        "drawn": found.drawn_holds,
        "seed": found.seed_holds,
        "sample": found.sample_holds,
        "changed": not found.changed and found.run.whole,
    }
    assert held[part] is False
    assert booked("review.verified")[0].outcome == "failed"


class TestOverdue:
    def test_at_35_days_and_not_at_34(self, sheet, clinic) -> None:
        due = sheet.until + timedelta(days=35)
        assert selectors.overdue(clinic.pk, due - timedelta(days=1)) == []
        assert selectors.overdue(clinic.pk, due - timedelta(microseconds=1)) == []
        assert [one.label for one in selectors.overdue(clinic.pk, due)] == ["2026-W45"]

    def test_drawn_or_not(self, clinic, sheet) -> None:
        late = [one.label for one in selectors.overdue(clinic.pk, sheet.until + timedelta(days=50))]
        assert late == ["2026-W45", "2026-W46", "2026-W47"]

    def test_two_signatures_settle_it(self, judged, keeper, control, clinic) -> None:
        due = judged.until + timedelta(days=35)
        signing.sign(sheet_id=judged.pk, actor=keeper)
        assert selectors.overdue(clinic.pk, due)
        signing.sign(sheet_id=judged.pk, actor=control)
        assert selectors.overdue(clinic.pk, due) == []

    def test_an_unknown_clinic_has_none(self, sheet) -> None:
        assert selectors.overdue(sheet.pk, timezone.now()) == []

    def test_it_is_told_once_and_is_the_sign_of_an_alert(self, sheet, clinic, booked) -> None:
        with travelled(sheet.until + timedelta(days=35, hours=7)):
            tasks.tell_overdue()
            assert drawing.tell_overdue() == 0
        (event,) = booked("review.overdue")
        assert (event.target, event.clinic) == ("review:2026-W45", clinic.pk)
        facts = Facts(event.action, event.outcome, event.target, event.fields, event.actor)
        assert sign_of(facts) == Sign(Alert.Kind.REVIEW, "review:2026-W45")


def test_new_break_glass_after_drawing_is_the_next_sheets(signed, write, carer) -> None:
    write(carer, BreakGlassEvent.USED, at=signed.until)
    assert ReviewItem.objects.filter(action="break_glass.used").count() == 1
