"""The one gate: whether a message may leave at this instant, read under locks."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self
from uuid import UUID

from django.conf import settings

from crm.messaging.models import Message, MessageTemplate, Reason
from crm.messaging.rules import CLINIC_ZONE, WEEK, QuietHours, cap_reached, neutral, next_allowed
from crm.patients.models import Patient
from privacy.consent.models import ConsentState
from privacy.consent.rules import Answer, holds
from privacy.consent.selectors import outdated

USEFUL_FOR: Final = timedelta(hours=24)  # after its moment a reminder says the wrong thing
LOOK_AGAIN: Final = timedelta(minutes=1)
_END_OF_DAY: Final = 24


class Verdict(StrEnum):
    SEND = "send"
    HOLD = "hold"
    SUPPRESS = "suppress"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with one message; ``until`` is when to look again at one that is held."""

    verdict: Verdict
    reason: Reason | None = None
    until: datetime | None = None


SEND: Final = Decision(Verdict.SEND)
Guard = Callable[[list[Message]], Collection[UUID]]
_guards: dict[str, Guard] = {}


def register_guard(prefix: str, guard: Guard) -> None:
    """Let an upper floor stop messages whose ``source`` starts with ``prefix``.

    The guard gets them inside the round's transaction and returns the keys of those that are no
    longer wanted. It locks what it reads, so that whoever changes it waits for the round; the
    order of locks goes on below the consent cells: plans by key, then their steps.
    """
    _guards[prefix] = guard


def contact_hours() -> QuietHours:
    """When an SMS may go out, clinic time. Noon is quiet for calls only: an SMS rings once."""
    until = settings.CLINIC_OPEN_UNTIL
    closes = time.max if until >= _END_OF_DAY else time(until)
    return QuietHours(
        opens=time(settings.CLINIC_OPEN_FROM),
        closes=closes,
        noon_from=time(settings.CLINIC_OPEN_FROM),
        noon_until=time(settings.CLINIC_OPEN_FROM),
        noon_allowed=True,
    )


@lru_cache(maxsize=256)
def _is_neutral(text: str) -> bool:
    return neutral(text)


def _asked_of_guards(messages: list[Message]) -> set[UUID]:
    unwanted: set[UUID] = set()
    for prefix, guard in _guards.items():
        theirs = [message for message in messages if message.source.startswith(prefix)]
        unwanted.update(guard(theirs) if theirs else ())
    return unwanted


def locked_for_contact(
    patient_ids: Collection[UUID],
) -> tuple[dict[UUID, Patient], list[ConsentState]]:
    """These patients and their consent cells, locked until the caller's transaction ends.

    Whoever contacts a patient, by message or by phone, takes these locks first: a withdrawal then
    waits for the contact, or the contact sees the withdrawal (R7).
    """
    wanted = Patient.objects.filter(pk__in=patient_ids).order_by("pk")
    keys = list(wanted.select_for_update(no_key=True).values_list("pk", flat=True))
    # Read by a statement of its own, after the lock. Joined to the one that waited, the contact
    # would be as it stood before the wait, with the number that was corrected in the meantime.
    read = Patient.objects.filter(pk__in=keys).select_related("subject", "contact")
    found = {patient.pk: patient for patient in read}
    return found, ConsentState.objects.locked_for_sending(sorted(patient_ids))


class Gate:
    """What a round of sending needs to know about its patients, locked until the round commits.

    Locks are taken in one order everywhere: messages, patients by key, consent cells by key.
    Two dispatchers with messages for one patient wait for each other at the patient, so caps
    hold; a withdrawal and a hand-over wait for each other at the cell. Whoever comes from
    further down the order (a withdrawal, a paused plan) takes messages by SKIP LOCKED only: the
    dispatcher that holds one reads the change itself.
    """

    def __init__(
        self,
        *,
        now: datetime,
        patients: Mapping[UUID, Patient],
        cells: Iterable[ConsentState],
        sent: Mapping[UUID, list[datetime]],
        unwanted: Collection[UUID] = (),
    ) -> None:
        self.now = now
        self.patients = patients
        self._cells = {(cell.subject_id, cell.purpose, cell.channel): cell for cell in cells}
        self._sent = sent
        self._unwanted = frozenset(unwanted)
        self._hours = contact_hours()

    @classmethod
    def opened(cls, messages: list[Message], *, now: datetime) -> Self:
        """Lock and read. ``messages`` are locked already; their own hand-overs do not count."""
        ids = {message.patient_id for message in messages}
        found, cells = locked_for_contact(ids)
        old = set(outdated().filter(subject_id__in=ids).values_list("pk", flat=True))
        cells = [cell for cell in cells if cell.pk not in old]  # as if never asked (R6)
        sent: dict[UUID, list[datetime]] = defaultdict(list)
        before = Message.objects.counting_against_caps(ids, now - WEEK).exclude(
            pk__in=[message.pk for message in messages]
        )
        for patient_id, moment in before.values_list("patient_id", "handed_over_at"):
            if moment is not None:
                sent[patient_id].append(moment)
        unwanted = _asked_of_guards(messages)
        return cls(now=now, patients=found, cells=cells, sent=sent, unwanted=unwanted)

    def judge(self, message: Message) -> Decision:
        """The decision at this instant (S74, R7, R50). SEND is counted against the caps."""
        for check in (self._record, self._wording, self._consent, self._usefulness, self._hour):
            decision = check(message)
            if decision is not None:
                return decision
        decision = self._caps(message)
        if decision is not None:
            return decision
        self._sent[message.patient_id].append(self.now)
        return SEND

    def _record(self, message: Message) -> Decision | None:
        patient = self.patients[message.patient_id]
        if message.pk in self._unwanted:
            return Decision(Verdict.CANCEL, Reason.PLAN_CHANGED)
        if patient.status in Patient.NO_CONTACT:
            return Decision(Verdict.SUPPRESS, Reason.RESTRICTED)
        contact = getattr(patient, "contact", None)
        if contact is None or contact.phone is None:
            return Decision(Verdict.SUPPRESS, Reason.NO_CONTACT)
        return None

    def _wording(self, message: Message) -> Decision | None:
        template: MessageTemplate = message.template
        if template.approved_at is None or template.purpose != message.purpose:
            return Decision(Verdict.SUPPRESS, Reason.NOT_APPROVED)
        if not _is_neutral(template.text):
            return Decision(Verdict.SUPPRESS, Reason.NOT_NEUTRAL)
        if not template.provider_code and self.now < message.due_at + USEFUL_FOR:
            return self._hold(Reason.NOT_REGISTERED, self.now + LOOK_AGAIN)
        return None

    def _consent(self, message: Message) -> Decision | None:
        cell = self._cells.get((message.patient_id, message.purpose, message.channel))
        if cell is None:
            return Decision(Verdict.SUPPRESS, Reason.NO_CONSENT)
        if cell.status == Answer.WITHDRAWN:
            return Decision(Verdict.CANCEL, Reason.WITHDRAWN)
        if holds(
            status=cell.status,
            paused_until=cell.paused_until,
            expires_at=cell.expires_at,
            now=self.now,
        ):
            return None
        ends = message.due_at + USEFUL_FOR
        if cell.status != Answer.PAUSED or (cell.expires_at and cell.expires_at <= self.now):
            return Decision(Verdict.SUPPRESS, Reason.NO_CONSENT)
        if self.now >= ends:
            return Decision(Verdict.SUPPRESS, Reason.PAUSED)
        return self._hold(Reason.PAUSED, min(ends, cell.paused_until or ends))

    def _usefulness(self, message: Message) -> Decision | None:
        if self.now >= message.due_at + USEFUL_FOR:
            return Decision(Verdict.SUPPRESS, Reason.TOO_LATE)
        return None

    def _hour(self, message: Message) -> Decision | None:
        opens = next_allowed(self.now, quiet=self._hours)
        return self._hold(Reason.QUIET_HOURS, opens) if opens > self.now else None

    def _caps(self, message: Message) -> Decision | None:
        if cap_reached(self._sent[message.patient_id], at=self.now) is None:
            return None
        tomorrow = datetime.combine(
            self.now.astimezone(CLINIC_ZONE).date() + timedelta(days=1), time(), CLINIC_ZONE
        )
        return self._hold(Reason.CAP, next_allowed(tomorrow, quiet=self._hours))

    @staticmethod
    def _hold(reason: Reason, until: datetime) -> Decision:
        return Decision(Verdict.HOLD, reason, until)
