"""Opening boards and lists: what was shown is booked in one event (S59)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from crm.patients.models import Patient
from crm.staff.models import User
from followup.plans import selectors as plans
from followup.plans.events import PlanEvent
from followup.plans.models import Plan
from followup.reminders import selectors
from followup.reminders.selectors import Filters, Lane, OnTime, StripRow
from followup.schedules.models import Step
from privacy.audit import services as audit
from privacy.consent.models import Channel, Purpose
from privacy.consent.selectors import Cell, cells_of


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the board shows; codes only, nothing sealed."""

    now: datetime
    lanes: list[Lane]
    days: list[date]
    strip: list[StripRow]
    on_time: OnTime


@transaction.atomic
def open_board(*, staff: User, filters: Filters) -> Board:
    """The board as ``staff`` sees it, booked as one view of all codes on it."""
    now = timezone.now()
    lanes = selectors.lanes(staff, filters, now)
    board = Board(
        now=now,
        lanes=lanes,
        days=selectors.strip_days(now),
        strip=selectors.strip(lanes, now),
        on_time=selectors.on_time(staff, now),
    )
    cards = [card for lane in lanes for card in lane.cards]
    _book(staff, (_patient(card) for card in cards), target="followups")
    return board


def _patient(card: Step | Plan) -> Patient:
    return card.patient if isinstance(card, Plan) else card.plan.patient


@transaction.atomic
def book_lane(*, staff: User, shown: Iterable[Step | Plan], lane: str) -> None:
    """Book the cards of one lane's own page."""
    _book(staff, (_patient(card) for card in shown), target=f"followups:{lane}")


def _book(staff: User, patients: Iterable[Patient], *, target: str) -> None:
    audit.record(PlanEvent.VIEWED, actor=staff, subjects=patients, target=target)


@dataclass(frozen=True, slots=True)
class PatientPlans:
    """A patient's plans, and beside them what the patient allows: two different things."""

    plans: list[Plan]
    cells: list[Cell]


@transaction.atomic
def open_plans_of(*, patient: Patient, staff: User, language: str) -> PatientPlans:
    """The follow-up panel of a patient's page."""
    _book(staff, [patient], target="plans")
    cells = [
        cell
        for cell in cells_of(patient, language)
        if cell.purpose == Purpose.FOLLOW_UP and cell.channel in (Channel.SMS, Channel.CALL)
    ]
    return PatientPlans(list(plans.plans_of(patient)), cells)
