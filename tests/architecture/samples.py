"""Makes what addresses ask for: one object a keyword, for the given viewer and patient.

A feature adds a maker for each new keyword of its addresses. A maker gets the world and hands
back the value that stands in the address; the object must belong to ``world.patient`` and be
one that the viewer could reach, if their role reaches such things at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from consult.fees.lifecycle import State as EstimateState
from crm.alerts.models import Alert
from crm.clearance.clinic_licences import record_clinic_licence
from crm.clearance.services import ensure_shipped_documents, record_licence, start_test
from crm.honey.models import HoneyRecord
from crm.honey.services import plant
from crm.incidents import rules
from crm.incidents.models import Incident
from crm.joint_review.models import ReviewFinding, ReviewItem, ReviewSheet, ReviewView
from crm.messaging.inbound import callback_token
from crm.patients.models import Patient
from crm.scheduling import services as scheduling
from crm.scheduling.models import Visit
from crm.scheduling.rooms import add_room
from crm.staff.models import StaffSession, User
from crm.staff.services import issue_token
from crm.trail.models import HeadCopy, MonthExport
from privacy.access.policy import Permission, Role, can
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from tests.factories.access import used_long_ago, waiting_row
from tests.factories.consultations import draft_of, submitted_of
from tests.factories.erasures import asked_to_erase, confirmed
from tests.factories.exports import asked_row
from tests.factories.fees import PriceItemFactory, make_version
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.guards import doubled, guarded_by
from tests.factories.messages import MessageFactory
from tests.factories.people import UserFactory
from tests.factories.restrictions import lifted, restricted


@dataclass
class World:
    """Who asks for which address, about whom; ``author`` writes what the viewer may not."""

    viewer: User
    patient: Patient
    author: User
    address: str
    kept: dict[str, Any] = field(default_factory=dict)

    def writer(self, permission: Permission) -> User:
        """The viewer, if they may and belong to the patient's clinic; else the author."""
        same = self.viewer.clinic_id == self.patient.clinic_id
        return self.viewer if same and can(self.viewer, permission) else self.author


Maker = Callable[[World], Any]
# Keywords whose objects are some patient's: out of reach with the patient.
OF_A_PATIENT = {
    "code", "consultation_id", "double_id", "erasure_id", "guard_id", "message_id", "number",
    "outgoing_id", "plan_id", "request_id", "restriction_id", "step_id", "visit_id",
}  # fmt: skip


def _event(world: World) -> Any:
    with transaction.atomic():
        return audit.record(AuditTrailEvent.VIEWED, actor=world.viewer).event_id


def _token(world: World) -> Any:
    held = {one for one in Permission if can(world.viewer, one)}
    if Permission.MANAGE_TOKENS not in held:
        return uuid4()
    token, _secret = issue_token(
        user=world.viewer, name="x", scopes=[min(held)], lifetime=timedelta(days=1)
    )
    return token.pk


def _session(world: World) -> Any:
    now = timezone.now()
    made = StaffSession.objects.create(
        key_hash=uuid4().bytes, user=world.viewer, started_at=now, seen_at=now,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    return made.pk


def _consultation(world: World) -> Any:
    """A draft for the addresses of a draft, else a locked record."""
    writer = world.writer(Permission.WRITE_CONSULTATION)
    if world.address.removeprefix("consult:").startswith(("draft", "discard")):
        return draft_of(world.patient, writer).pk
    return submitted_of(world.patient, writer).pk


def _turn(world: World) -> Any:
    from consult.consultations.models import Consultation

    return Consultation.objects.get(pk=world.kept["consultation_id"]).turns.first().pk


def _estimate(world: World) -> Any:
    """A draft where it is to be edited or issued, else one that the patient has."""
    open_ones = ("consult:estimate-edit", "consult:estimate-issue", "api:patient-estimate-issue")
    state = EstimateState.DRAFT if world.address in open_ones else EstimateState.ISSUED
    version = make_version(world.patient, world.writer(Permission.EDIT_ESTIMATE), state=state)
    world.kept["version"] = version.number
    return version.estimate.number


def _visit(world: World) -> Any:
    visit = scheduling.expect_today(
        patient=world.patient, purpose=Visit.Purpose.FIRST, actor=world.author
    )
    if world.address == "scheduling:undo":
        visit.previous, visit.changed_at = visit.state, timezone.now()
        visit.save()
    return visit.pk


def _plan(world: World) -> Any:
    return PlanFactory.create(patient=world.patient).pk


def _step(world: World) -> Any:
    plan = PlanFactory.create(patient=world.patient)
    return StepFactory.create(plan=plan, call=world.address == "followup:call").pk


def _message(world: World) -> Any:
    return MessageFactory.create(patient=world.patient).pk


def _alert(world: World) -> Any:
    return Alert.objects.create(
        kind=Alert.Kind.CRYPTO, target="x", day=timezone.localdate(),
        clinic=world.viewer.clinic, last_at=timezone.now(),
    ).pk  # fmt: skip


def _incident(world: World) -> Any:
    now = timezone.now()
    return Incident.objects.create(
        clinic=world.viewer.clinic, title="x", opened_by=world.author, known_at=now, since=now,
        triage_due_at=now + rules.TRIAGE, report_due_at=now + rules.REPORT,
    ).pk  # fmt: skip


def _review_sheet(world: World, **extra: Any) -> Any:
    """Drawn of nothing, with one event that nobody can have seen."""
    since = timezone.now() - timedelta(days=7)
    sheet = ReviewSheet.objects.create(
        clinic=world.viewer.clinic, begins_on=since.date(), since=since,
        until=since + timedelta(days=7), seed="0" * 64, events=1, first_checkpoint=1, checkpoint=1,
        root="0" * 64, chain="0" * 64, **({"kind": "week"} | extra),
    )  # fmt: skip
    world.kept["item"] = ReviewItem.objects.create(
        sheet=sheet, number=1, event_id=uuid4(), event_at=since, seq=1, event_digest="0" * 64,
        action="patient.opened", actor=world.author.pk, grounds=["random"],
    )  # fmt: skip
    return sheet.pk


def _review_item(world: World) -> Any:
    _review_sheet(world)
    return world.kept["item"].pk


def _review_finding(world: World) -> Any:
    _review_sheet(world)
    judge = world.viewer
    if not can(judge, Permission.JUDGE_REVIEW):
        judge = UserFactory.create(clinic=judge.clinic, role=Role.MEDICAL_QC)
    return _found_by(judge, world.kept["item"])


def _own_finding(world: World) -> Any:
    """About what the viewer did, on a sheet beside the week's: colleagues have theirs."""
    more = {"kind": "extra", "reason": "x", "drawn_by": world.viewer}
    _review_sheet(replace(world, author=world.viewer), **more)
    judge = UserFactory.create(clinic=world.viewer.clinic, role=Role.MEDICAL_QC)
    return _found_by(judge, world.kept["item"])


def _found_by(judge: User, item: ReviewItem) -> Any:
    side = "it" if judge.role == Role.SECURITY_ADMIN else "qc"
    item.verdict, item.side, item.judged_by, item.judged_at = (
        "finding", side, judge, timezone.now(),
    )  # fmt: skip
    item.save()
    return ReviewFinding.objects.create(item=item, text="x", author=judge).pk


def _access(world: World) -> Any:
    """One's own where it is to be withdrawn, a use of break-glass where it is to be judged."""
    if world.address == "access:judge":
        return used_long_ago(world.patient, world.author, hours=1).pk
    mine = world.address == "access:withdraw" and can(world.viewer, Permission.ASK_ACCESS)
    same = world.viewer.clinic_id == world.patient.clinic_id
    return waiting_row(world.patient, world.viewer if mine and same else world.author).pk


def _outgoing(world: World) -> Any:
    """Of the viewer where it is theirs to take back or to fetch, else somebody else's."""
    own = ("exports:withdraw", "exports:download", "exports:password", "exports:page")
    mine = world.address in own and can(world.viewer, Permission.REQUEST_EXPORT)
    clinic = world.patient.clinic
    same = world.viewer.clinic_id == clinic.pk
    asker = world.viewer if mine and same else UserFactory.create(clinic=clinic, role=Role.FINANCE)
    return asked_row(asker).pk


def _erasure(world: World) -> Any:
    """Confirmed where it is to be carried out, else waiting for the second person."""
    asked = asked_to_erase(world.patient)
    return (confirmed(asked) if world.address == "custody:carry-out-erasure" else asked).pk


def _restriction(world: World) -> Any:
    """Lifted: while it is in force, what else an address names could not be made."""
    return lifted(restricted(world.patient)).pk


def _guard(world: World) -> Any:
    return guarded_by(world.patient, world.author).pk


def _double(world: World) -> Any:
    return doubled(world.patient).pk


def _honey(world: World) -> Any:
    plant(number=1, actor=UserFactory.create(clinic=world.viewer.clinic, role=Role.SECURITY_ADMIN))
    return HoneyRecord.objects.get(clinic=world.viewer.clinic).pk


def _month_export(world: World) -> Any:
    return MonthExport.objects.create(
        requested_by=world.viewer, month="2026-09", state=MonthExport.State.DONE, complete=True,
        finished_at=timezone.now(), first_seq=1, last_seq=2, first_checkpoint=1, last_checkpoint=1,
        head="0" * 64, manifest="0" * 64, verifier="0" * 64,
    ).pk  # fmt: skip


def _stamp(_world: World) -> Any:
    return HeadCopy.objects.create(
        kind=HeadCopy.Kind.STAMP, day=timezone.localdate(), number=1, last_seq=2, chain="0" * 64,
        at=timezone.now(), authority="tsa.example", token=b"0",
    ).pk  # fmt: skip


def _member(world: World) -> Any:
    staff = UserFactory.create(clinic=world.patient.clinic)
    return world.patient.care_team.create(staff=staff).pk


def _licence(world: World) -> Any:
    staff = UserFactory.create(clinic=world.viewer.clinic)
    return record_licence(
        staff=staff, kind="other", number="x", expires_on=timezone.localdate(), actor=world.viewer
    ).pk


def _clinic_licence(world: World) -> Any:
    keeper = UserFactory.create(clinic=world.patient.clinic, role=Role.SYSTEM_ADMIN)
    today = timezone.localdate()
    return record_clinic_licence(
        kind="institution", number="x", issuer="x", valid_from=today, valid_until=today,
        actor=keeper,
    ).pk  # fmt: skip


def _slug(_world: World) -> str:
    ensure_shipped_documents()
    return "nda"


# By keyword of the address.
MAKERS: dict[str, Maker] = {
    "alert_id": _alert,
    "cell": lambda _world: "follow_up-sms",
    "clinic_licence_id": _clinic_licence,
    "code": lambda world: world.patient.code,
    "consultation_id": _consultation,
    "course": lambda _world: "privacy",
    "edition": lambda _world: 1,
    "erasure_id": _erasure,
    "restriction_id": _restriction,
    "event_id": _event,
    "copy_id": _stamp,
    "export_id": _month_export,
    "double_id": _double,
    "fact": lambda _world: "sex",
    "guard_id": _guard,
    "honey_id": _honey,
    "finding_id": _review_finding,
    "own_finding_id": _own_finding,
    "incident_id": _incident,
    "item_id": _review_item,
    "licence_id": _licence,
    "member_id": _member,
    "message_id": _message,
    "outgoing_id": _outgoing,
    "notice": lambda _world: "person-en",
    "number": _estimate,
    "passkey_id": lambda world: (
        world.viewer.passkeys.create(name="x", credential_id=uuid4().bytes, public_key=b"x").pk
    ),
    "pk": _plan,
    "plan_id": _plan,
    "price_id": lambda world: PriceItemFactory.create(clinic=world.viewer.clinic).pk,
    "request_id": _access,
    "room_id": lambda world: add_room(label="3-01", actor=world.viewer).pk,
    "session_id": _session,
    "sheet_id": _review_sheet,
    "sitting_id": lambda world: start_test(user=world.viewer, course="privacy").pk,
    "slug": _slug,
    "staff_id": lambda world: UserFactory.create(clinic=world.viewer.clinic).pk,
    "step_id": _step,
    "token": lambda _world: callback_token(),
    "token_id": _token,
    "turn_id": _turn,
    "version": lambda world: world.kept["version"],
    "view_id": lambda world: (
        ReviewView.objects.create(staff=world.viewer, name="x", state="open").pk
    ),
    "visit_id": _visit,
}


def kwargs_for(names: tuple[str, ...], world: World) -> dict[str, Any]:
    """Values for all keywords of one address, from left to right; later makers see earlier ones.

    Raises: LookupError naming the keyword that nobody makes.
    """
    for name in names:
        if name not in MAKERS:
            raise LookupError(f"add a maker for <{name}> to tests/architecture/samples.py")
        world.kept[name] = MAKERS[name](world)
    return {name: world.kept[name] for name in names}
