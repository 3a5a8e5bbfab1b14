"""The trail through the eyes of one viewer."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise

from crm.patients.guards import codes_of_minors, codes_of_oneself
from crm.patients.models import Patient
from crm.staff.models import User
from crm.staff.rules import off_hours
from crm.trail.codes import OUTCOMES, PROCESSES, field_label, process_label
from crm.trail.models import STUCK, HeadCopy, MonthExport, VerificationRun
from crm.trail.rules import short_agent
from crm.trail.words import spoken
from privacy.access.policy import Permission, Role, can
from privacy.audit import selectors as trail
from privacy.audit.events import Kind, Registry
from privacy.audit.models import AuditEvent, AuditSeal
from privacy.audit.selectors import Filter, Mark, Proof

WATCHED = {Kind.VIEW, Kind.REVEAL, Kind.EXPORT, Kind.PRINT}
PAGE = 50
# Seen among others, without having been opened; and what names nobody.
IN_PASSING = frozenset({"patient.similar_shown", "search.found", "visit.board_viewed"})
NOBODY = frozenset({"-"})


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the console shows it."""

    event: AuditEvent
    who: Promise | str
    role: Promise | str
    kind: Promise | str
    action: Promise | str
    codes: list[str]
    fields: list[Promise | str]
    purpose: Promise | str
    reason: Promise | str
    outcome: Promise | str
    seal: AuditSeal | None
    off_hours: bool

    @property
    def program(self) -> Promise | str:
        """The browser in a word; the whole line stands on the event's page."""
        return PROCESSES.get(self.event.agent) or short_agent(self.event.agent)

    @property
    def named_fields(self) -> list[tuple[Promise | str, str]]:
        """Each field's word and its code, for the event's own page."""
        return list(zip(self.fields, self.event.fields, strict=True))


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen of the console."""

    rows: list[Row]
    newer: Mark | None
    older: Mark | None


def scope_of(viewer: User) -> Filter:
    """What ``viewer`` may see at all: the own clinic, but nothing on their own record as a patient
    here (T1); without VIEW_AUDIT the own acts only."""
    if can(viewer, Permission.VIEW_AUDIT):
        return Filter(clinic=viewer.clinic_id, hidden=frozenset(codes_of_oneself(viewer)))
    return Filter(clinic=viewer.clinic_id, actors=frozenset({viewer.pk}))


def operators(viewer: User, text: str) -> frozenset[UUID]:
    """Staff of the viewer's clinic, active or not, by staff number or part of the name."""
    found = User.objects.filter(
        Q(staff_no__iexact=text) | Q(display_name__icontains=text), clinic_id=viewer.clinic_id
    )
    return frozenset(found.values_list("pk", flat=True))


def narrowed(viewer: User, wanted: Filter, operator: str = "") -> Filter:
    """``wanted`` within what the viewer may see."""
    scope = scope_of(viewer)
    actors = scope.actors
    if operator:
        named = operators(viewer, operator)
        actors = named if actors is None else actors & named
    # Jobs' events on another clinic's patient are not shown, so they must not be counted either:
    # a page that has older ones tells that the code exists.
    shared = not wanted.code or _own_codes(viewer, {wanted.code}) == {wanted.code}
    return replace(
        wanted, clinic=scope.clinic, actors=actors, processes=shared, hidden=scope.hidden
    )


def of_minors(viewer: User, wanted: Filter) -> Filter:
    """``wanted``, narrowed to what people did with records of patients who counted as under 18 at
    any time of its span, lists left out: the yearly audit (R18)."""
    now = timezone.now()
    codes = codes_of_minors(viewer, wanted.since or now, wanted.until or now)
    found = frozenset(codes) or NOBODY
    lists = {action for action in Registry.known if action.endswith("listed")}
    return replace(wanted, codes=found, without=IN_PASSING | lists, by_people=True)


def screen(
    viewer: User, wanted: Filter, *, before: Mark | None = None, after: Mark | None = None
) -> Screen:
    """One screen of events, newest first, with names, labels and seals."""
    found = trail.find(wanted, before=before, after=after, limit=PAGE)
    rows = rows_of(viewer, found.events, found.seals)
    return Screen(rows=rows, newer=found.newer, older=found.older)


def rows_of(viewer: User, events: Iterable[AuditEvent], seals: dict[UUID, AuditSeal]) -> list[Row]:
    """Events as rows. Processes belong to no clinic: of theirs, only those are shown that name
    no patient or one of the viewer's clinic, and no other patient's code (S59).
    """
    events = list(events)
    people = User.objects.in_bulk({event.actor for event in events if event.actor})
    own = _own_codes(viewer, {code for one in events if not one.clinic for code in one.codes})
    rows = []
    for event in events:
        codes = event.codes if event.clinic else [code for code in event.codes if code in own]
        if codes or not event.codes:
            rows.append(_row(event, people, codes, seals.get(event.id)))
    return rows


def _own_codes(viewer: User, codes: set[str]) -> set[str]:
    patients = Patient.objects.filter(clinic_id=viewer.clinic_id, subject__code__in=codes)
    return set(patients.values_list("subject__code", flat=True)) if codes else set()


def _row(
    event: AuditEvent, people: dict[UUID, User], codes: list[str], seal: AuditSeal | None
) -> Row:
    person = people.get(event.actor) if event.actor else None
    closed = off_hours(
        timezone.localtime(event.at),
        opens=settings.CLINIC_OPEN_FROM,
        closes=settings.CLINIC_OPEN_UNTIL,
    )
    return Row(
        event=event,
        who=person.display_name if person else process_label(event.process),
        role=Role(event.role).label if event.role in Role.values else "",
        kind=Kind(event.kind).label,
        action=Registry.label(event.action),
        codes=codes,
        fields=[field_label(path) for path in event.fields],
        purpose=spoken(event.action, event.purpose),
        reason=spoken(event.action, event.reason),
        outcome=OUTCOMES.get(event.outcome, event.outcome),
        seal=seal,
        off_hours=bool(event.actor) and closed and event.kind in WATCHED,
    )


def one_event(viewer: User, event_id: UUID) -> tuple[Row, Proof] | None:
    """One event with its proof; None where it does not exist or is not for this viewer."""
    proof = trail.proof_of(event_id)
    if proof is None:
        return None
    scope, event = scope_of(viewer), proof.event
    if event.clinic not in {None, scope.clinic}:
        return None
    if scope.actors is not None and event.actor not in scope.actors:
        return None
    if not scope.hidden.isdisjoint(event.codes):
        return None
    rows = rows_of(viewer, [event], {event.id: proof.seal} if proof.seal else {})
    return (rows[0], proof) if rows else None


def all_rows(viewer: User, wanted: Filter) -> Iterator[list[Row]]:
    """Every matching event in pages, newest first; for exports."""
    for events in trail.walk(wanted):
        yield rows_of(viewer, events, {})


def last_run() -> VerificationRun | None:
    """The newest verification, open or finished, that says something of the whole trail: one of
    what was sealed lately does so only if that is not whole.
    """
    runs = VerificationRun.objects.select_related("requested_by")
    return runs.exclude(since__isnull=False, whole=True).first()


def open_whole_run() -> VerificationRun | None:
    """The newest verification of everything that is under way, and not stuck."""
    whole = VerificationRun.objects.filter(since=None, created_at__gt=timezone.now() - STUCK)
    return next((one for one in whole if one.is_open), None)


def last_night() -> VerificationRun | None:
    """The newest verification of what was sealed lately that found it whole."""
    return VerificationRun.objects.filter(since__isnull=False, whole=True).first()


def queued_runs() -> list[UUID]:
    """Verifications that wait for a worker, oldest first."""
    waiting = VerificationRun.objects.filter(state=VerificationRun.State.QUEUED)
    return list(waiting.order_by("created_at").values_list("pk", flat=True))


def contents_for(viewer: User, events: list[AuditEvent]) -> set[UUID]:
    """Ids of the events whose contents may leave in ``viewer``'s export of a month.

    Those of the own clinic, and those of processes that name no other clinic's patient (S59).
    Of the rest only the hashes leave, so that the seals can be checked all the same.
    """
    own = _own_codes(viewer, {code for one in events if not one.clinic for code in one.codes})
    return {
        event.id
        for event in events
        if (event.clinic == viewer.clinic_id if event.clinic else own.issuperset(event.codes))
    }


def month_exports(viewer: User) -> list[MonthExport]:
    """The newest exports of months by the viewer's clinic."""
    rows = MonthExport.objects.select_related("requested_by")
    return list(rows.filter(requested_by__clinic_id=viewer.clinic_id)[:PAGE])


def month_export(viewer: User, export_id: UUID) -> MonthExport | None:
    """A finished export of the viewer's clinic."""
    return (
        MonthExport.objects.select_related("requested_by__clinic")
        .filter(pk=export_id, requested_by__clinic_id=viewer.clinic_id, state="done")
        .first()
    )


def head_copies() -> list[HeadCopy]:
    """What others were given of the heads, the newest first; the trail is one for all clinics."""
    return list(HeadCopy.objects.defer("token")[:PAGE])


def stamped_head(copy_id: UUID) -> HeadCopy | None:
    """One time stamp with its token."""
    return HeadCopy.objects.filter(pk=copy_id, kind=HeadCopy.Kind.STAMP).first()
