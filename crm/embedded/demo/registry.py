"""The desk's part of the story: registering, consents, care teams, today's visits."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from enum import Enum
from typing import Final

from django.utils import timezone

from crm.custody.restricting import restrict
from crm.embedded.demo.cast import Guest
from crm.embedded.demo.texts import ROOMS
from crm.patients.models import Patient
from crm.patients.services import care, consents, registration
from crm.patients.services.revealing import reveal
from crm.patients.services.viewing import book_out_of_reach
from crm.scheduling import services as visits
from crm.scheduling.models import Visit
from crm.scheduling.rooms import add_room
from crm.scheduling.rules import State
from crm.staff.models import User
from privacy.consent.models import Manner
from privacy.consent.rules import Answer
from privacy.errors import AccessDenied

Staff = Mapping[str, User]
LAST_FOUR = slice(-4, None)


class Wish(Enum):
    """What somebody answers at the consent desk; PAUSES and WITHDRAWS are what some say later."""

    ALL = ("follow_up-sms", "follow_up-call", "follow_up-wecom", "satisfaction-sms",
           "education-sms", "marketing-sms", "research-none", "recording-call")  # fmt: skip
    CARE = ("follow_up-sms", "follow_up-call")
    ONLY_SMS = ("follow_up-sms",)
    ONLY_CALLS = ("follow_up-call",)
    NOTHING = ()


# What is asked at a first visit; the other questions follow when there is time for them.
ASKED_FIRST: Final = ("follow_up-sms", "follow_up-call", "marketing-sms")
# By the guest's number, modulo: most agree to be reminded, some refuse, some were not asked.
WISHES: Final = (
    Wish.CARE, Wish.ALL, Wish.CARE, Wish.ONLY_SMS, Wish.CARE,
    Wish.NOTHING, Wish.CARE, Wish.ONLY_CALLS, Wish.CARE, Wish.CARE,
)  # fmt: skip
NOT_ASKED: Final = frozenset({3, 13, 43, *range(53, 60)})
DOCTORS: Final = range(8, 52)
NURSES: Final = range(20, 52)
LATE_NURSES: Final = (20, 21, 24)
PAUSES: Final = {28: timedelta(days=10), 31: None, 34: timedelta(days=21)}
WITHDRAWS: Final = frozenset({26, 36, 47})


def register(guests: Sequence[Guest], *, staff: Staff) -> list[Patient]:
    """All guests, in order, with a consultant each; doubles are looked at and set aside."""
    desk = staff["qt001"]
    patients: list[Patient] = []
    for number, guest in enumerate(guests):
        taken = registration.Registration(
            name=guest.name,
            phone=guest.phone,
            chief_complaint=guest.complaint,
            sex=guest.sex,
            birth_year=guest.birth_year,
            marital_status=guest.marital_status,
            id_number=guest.id_number,
            id_purpose="invoice" if guest.id_number else "",
            same_sex_staff=guest.same_sex_staff,
            care_team=_team(number, staff),
        )
        patients.append(_admit(taken, why=guest.why, desk=desk))
    return patients


def _admit(taken: registration.Registration, *, why: str, desk: User) -> Patient:
    """Register; somebody similar is looked at and set aside as another person."""
    outcome = registration.register_or_warn(registration=taken, actor=desk)
    if outcome.patient is None:
        outcome = registration.register_or_warn(
            registration=taken,
            actor=desk,
            set_aside=outcome.doubles.codes,
            reason=why or "same_name",
        )
    if outcome.patient is None:
        raise RuntimeError("a guest was taken for somebody else")
    return outcome.patient


def _team(number: int, staff: Staff) -> list[User]:
    """A consultant for everybody; the doctor in treatment, the nurse for those followed up."""
    team = [staff["zx001" if number % 2 else "zx002"]]
    if number in DOCTORS:
        team.append(staff["ys001"])
    if number in NURSES and number not in LATE_NURSES:
        team.append(staff["hs001"])
    return team


def ask_consents(patients: Sequence[Patient], *, staff: Staff) -> None:
    """Question by question, refusal as often as consent; a few are not asked yet."""
    for number, patient in enumerate(patients):
        if number not in NOT_ASKED:
            _ask(patient, WISHES[number % len(WISHES)], staff["qt001"])


def _ask(patient: Patient, wish: Wish, desk: User) -> None:
    asked = Wish.ALL.value if wish is Wish.ALL else ASKED_FIRST
    for cell in consents.open_desk(patient=patient, actor=desk).cells:
        if cell.text is None or cell.key not in asked:
            continue
        consents.answer(
            patient=patient,
            cell=cell,
            given=Answer.GRANTED if cell.key in wish.value else Answer.REFUSED,
            manner=Manner.OWN_SCREEN if wish is Wish.ALL else Manner.SPOKEN,
            actor=desk,
            text_shown=cell.text.sha256,
        )


def change_minds(patients: Sequence[Patient], *, staff: Staff) -> None:
    """Weeks later: some pause for a while or until they say so, some want no more contact."""
    nurse = staff["hs001"]
    today = timezone.localdate()
    for number, time in PAUSES.items():
        cell = consents.cell_of(patients[number], "follow_up-sms")
        consents.answer(
            patient=patients[number],
            cell=cell,
            given=Answer.PAUSED,
            manner=Manner.SPOKEN,
            actor=nurse,
            pause_until=today + time if time else None,
        )
    for number in WITHDRAWS:
        consents.stop_all(patient=patients[number], actor=nurse, pause=False)


def add_carers(patients: Sequence[Patient], *, staff: Staff) -> None:
    """For some the doctor asks the nurse in later."""
    for number in LATE_NURSES:
        care.add_to_team(
            patient=patients[number], member=staff["hs001"], reason="treats", actor=staff["ys001"]
        )


# Where the talk stands, by number; estimates and plans below fit it.
STAGES: Final = (
    (range(4, 12), Patient.Stage.IN_CONVERSATION),
    (range(12, 20), Patient.Stage.ESTIMATE_GIVEN),
    (range(20, 32), Patient.Stage.IN_TREATMENT),
    (range(32, 50), Patient.Stage.FOLLOW_UP),
    (range(50, 54), Patient.Stage.CLOSED),
)


def set_stages(patients: Sequence[Patient], *, staff: Staff) -> None:
    """Everybody starts as new; consultants move the talks on."""
    for numbers, stage in STAGES:
        for number in numbers:
            lead = staff["zx001" if number % 2 else "zx002"]
            care.change_stage(
                patient=patients[number], stage=stage, before=Patient.Stage.NEW, actor=lead
            )


def close_records(patients: Sequence[Patient], *, staff: Staff) -> None:
    """Two records are inactive, as rows from elsewhere would be; one is restricted at the
    patient's wish."""
    keys = [patients[number].pk for number in (52, 53)]
    Patient.objects.filter(pk__in=keys).update(status=Patient.Status.INACTIVE)
    restrict(
        code=patients[51].code, ground="wish", wish="患者书面要求停止使用，申请书存病案室",
        actor=staff["aq001"],
    )  # fmt: skip


def open_the_day(patients: Sequence[Patient], guests: Sequence[Guest], *, staff: Staff) -> None:
    """Today's board: expected, waiting, in a room, done and gone without being seen."""
    desk = staff["qt001"]
    rooms = [add_room(label=label, actor=staff["xt001"]) for label in ROOMS]
    purposes = list(Visit.Purpose.values)
    for place, number in enumerate((14, 20, 26)):
        visits.expect_today(patient=patients[number], purpose=purposes[place], actor=desk)
    arrived = [
        visits.register_arrival(
            patient=patients[number],
            purpose=purposes[number % len(purposes)],
            last_digits=guests[number].phone[LAST_FOUR],
            actor=desk,
        )
        for number in (0, 2, 4, 8, 9, 3, 12, 22)
    ]
    for visit, room in zip(arrived[:2], rooms, strict=False):
        visits.move(visit_id=visit.pk, to=State.IN_ROOM, actor=desk, room=room)
        visits.move(visit_id=visit.pk, to=State.DONE, actor=desk)
    for visit, room in zip(arrived[2:4], rooms, strict=False):
        visits.move(visit_id=visit.pk, to=State.IN_ROOM, actor=desk, room=room)
    visits.move(visit_id=arrived[4].pk, to=State.LEFT, actor=desk)
    misheard = guests[12].phone  # somebody who waits has found a wrong digit
    mended = f"{misheard[:-1]}{(int(misheard[-1]) + 1) % 10}"
    care.change_contact(patient=patients[12], name="", phone=mended, actor=desk)


def look_around(patients: Sequence[Patient], *, staff: Staff) -> None:
    """Plain text seen for a reason, and two who asked for what is not theirs: all of it booked."""
    for number, who, field, purpose, reason in (
        (24, "hs001", "phone", "call", "致电患者确认预约时间"),
        (12, "cw001", "id_number", "invoice", "按患者要求开具发票，核对证件号"),
        (24, "sf001", "phone", "call", "致电患者确认预约时间"),
    ):
        with suppress(AccessDenied):
            reveal(
                patient=patients[number], field=field, purpose=purpose, reason=reason,
                staff=staff[who],
            )  # fmt: skip
    book_out_of_reach(staff=staff["zx002"], code=patients[1].code)
