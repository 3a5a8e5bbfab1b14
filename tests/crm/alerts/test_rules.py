"""Which events are signs, and of what (R23)."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from crm.access_requests.events import BreakGlassEvent
from crm.alerts import rules
from crm.alerts.models import Alert, staff_of
from crm.alerts.rules import Facts, Sign, sign_of
from crm.alerts.selectors import ADVICE
from crm.joint_review.events import ReviewEvent
from crm.separation.events import SeparationEvent
from crm.staff.events import StaffEvent
from crm.trail.events import TrailEvent
from privacy.audit.events import AccessEvent, AuditTrailEvent
from privacy.audit.row_changes import RowEvent
from privacy.consent.events import ConsentTrailEvent
from privacy.exports.events import ExportEvent

SOMEBODY = UUID(int=7)


def facts(action: str, **other: object) -> Facts:
    given = {"outcome": "failed", "target": "", "fields": [], "actor": None}
    return Facts(action=action, **{**given, **other})


def test_every_action_is_one_the_product_books() -> None:
    rooms = (
        AccessEvent,
        AuditTrailEvent,
        BreakGlassEvent,
        ConsentTrailEvent,
        ExportEvent,
        ReviewEvent,
        RowEvent,
        SeparationEvent,
        StaffEvent,
        TrailEvent,
    )
    booked = {event for room in rooms for event in room}
    assert set(rules.BY_ACTION) <= {event.value for event in booked}


def test_every_kind_has_a_name_and_a_first_step() -> None:
    kinds = {*rules.BY_ACTION.values(), rules.SEALER, rules.DENIALS, rules.MISSED,
             rules.HONEY, rules.DEADLINE, rules.CAP, rules.VERDICT}  # fmt: skip
    assert kinds == set(Alert.Kind.values) == set(ADVICE)


def test_signs_say_what_they_are_about() -> None:
    assert sign_of(facts("crypto.failed", fields=["turn.text"])) == Sign("crypto", "turn.text")
    assert sign_of(facts("crypto.failed")) == Sign("crypto", "unknown")
    assert sign_of(facts("rows.unattributed", target="crm_user:1")) == Sign(
        "unattributed", "crm_user"
    )
    assert sign_of(facts("rows.mismatch", target="crm_user:1")) == Sign("mismatch", "crm_user:1")
    assert sign_of(facts("staff.sign_in_throttled")) == Sign("locked", "unknown")
    assert sign_of(facts("staff.token_refused", actor=SOMEBODY, target="token:x")) == Sign(
        "token", f"staff:{SOMEBODY}"
    )


def test_a_cap_that_was_reached_is_about_its_person() -> None:
    refused = {"outcome": "denied", "target": "reveal:phone", "reason": "cap_reached"}
    assert sign_of(facts("access.denied", actor=SOMEBODY, **refused)) == Sign(
        "cap", f"staff:{SOMEBODY}"
    )
    assert sign_of(facts("access.denied", **refused)) is None
    passed = facts("export.asked_above_cap", actor=SOMEBODY, target="export:EX7K2M9QXA")
    assert sign_of(passed) == Sign("cap", f"staff:{SOMEBODY}")
    assert sign_of(facts("access.denied", actor=SOMEBODY, reason="other")) is None


def test_a_trail_that_was_found_whole_is_no_sign() -> None:
    assert sign_of(facts("audit.verified", outcome="ok")) is None
    assert sign_of(facts("audit.verified", outcome="failed")) == Sign("trail", "trail")


@given(st.text(max_size=200), st.sampled_from([*rules.BY_ACTION, "patient.viewed"]))
def test_no_target_is_too_long_and_ordinary_work_is_no_sign(target: str, action: str) -> None:
    sign = sign_of(facts(action, target=target, fields=[target]))
    assert (sign is None) == (action == "patient.viewed")
    assert sign is None or len(sign.target) <= 100


def test_a_target_names_its_person() -> None:
    assert staff_of(rules.whose(SOMEBODY)) == SOMEBODY
    assert staff_of("crm_user:1") is None
