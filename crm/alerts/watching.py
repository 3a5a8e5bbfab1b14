"""From the trail to alerts: every few seconds, each event once (R23)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from crm.access_requests.selectors import overdue_uses
from crm.alerts import rules
from crm.alerts.events import AlertEvent
from crm.alerts.models import Alert, AlertQuerySet, TrailPlace, staff_of
from crm.alerts.rules import Facts, Sign
from crm.honey.rules import IN_PASSING, is_touch
from crm.honey.selectors import honey_among, live_marks
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.audit import following, row_changes
from privacy.audit import services as audit
from privacy.audit.events import Kind
from privacy.audit.models import AuditEvent
from privacy.audit.selectors import (
    Filter,
    codes_in,
    count_up_to,
    seal_status,
    walk,
    was_done_by,
)
from privacy.audit.unhurried import unhurried

PROCESS: Final = "alerts"
HONEY: Final = "alerts-honey"
# Older signs raise nothing: a restored trail, or a first start, would bring years of them at once.
OLDEST: Final = timedelta(days=1)
AGAIN: Final = OLDEST + timedelta(hours=1)


@dataclass(slots=True)
class Sight:
    """One sign with what is known of it; ``once`` raises nothing where it was raised before."""

    sign: Sign
    at: datetime
    clinic: UUID | None = None
    event_id: UUID | None = None
    codes: list[str] = field(default_factory=list)
    once: bool = False


# What else there is to watch at a moment (aware): rooms above add theirs when the app is ready.
sources: list[Callable[[datetime], Iterable[Sight]]] = []


@unhurried()
@transaction.atomic
def watch() -> int:
    """Read what is new in the trail, and look after the sealer; returns how many alerts are new."""
    place = TrailPlace.locked(PROCESS)
    now = timezone.now()
    events, place.xid = following.since(
        place.xid, kind=Kind.DENIAL, actions=rules.BY_ACTION, oldest=now - OLDEST
    )
    place.save(update_fields=["xid", "updated_at"])
    sights = _signs_in(events)
    sights += _touches_of_honey(now)
    sights += _unjudged(now)
    sights += [sight for source in sources for sight in source(now)]
    if seal_status().lag_seconds > rules.LAG_SECONDS:
        sights.append(Sight(Sign(rules.SEALER, "sealer"), now))
    if (waits_since := row_changes.waits_since()) and now - waits_since > rules.ROWS_LAG:
        sights.append(Sight(Sign(rules.SEALER, "rows"), now))
    return sum(_raise(one) for one in sights)


@unhurried()
@transaction.atomic
def look_again() -> int:
    """Read the last day once more, wherever the places stand; returns how many alerts are new.

    A place is a row that whoever has the app's sign-in can move past an act. What an alert has
    counted already is passed over.
    """
    new = watch()  # holds the places to the end: each event is the first reading's or this one's
    now = timezone.now()
    events, _place = following.since(
        0, kind=Kind.DENIAL, actions=rules.BY_ACTION, oldest=now - AGAIN
    )
    days: dict[date, list[AuditEvent]] = {}  # of bursts one a person and reading is told
    for event in events:
        days.setdefault(timezone.localdate(event.at), []).append(event)
    sights = [sight for of_day in days.values() for sight in _signs_in(of_day)]
    sights += _honey_of_the_day(now)
    sights.sort(key=lambda one: one.at)
    new += sum(_raise(one) for one in sights if not _is_told(one))
    return new + sum(_raise(one) for one in _missed(now))


def _signs_in(events: list[AuditEvent]) -> list[Sight]:
    return [sight for event in events if (sight := _sight_of(event))] + _bursts(events)


def _missed(now: datetime) -> list[Sight]:
    """Nightly checks that nobody has done in time; one sight a check and day."""
    since = now - rules.MOST_SILENCE
    if not count_up_to(Filter(until=since), 1):
        return []  # a clinic so young has had no night
    return [
        Sight(Sign(rules.MISSED, f"{action}:{timezone.localdate(now)}"), now, once=True)
        for action, process in rules.NIGHTLY.items()
        if not was_done_by(process, action, since=since)
    ]


def _sight_of(event: AuditEvent) -> Sight | None:
    facts = Facts(
        action=event.action,
        outcome=event.outcome,
        target=event.target,
        fields=event.fields,
        actor=event.actor,
        reason=event.reason,
    )
    sign = rules.sign_of(facts)
    return Sight(sign, event.at, _clinic_of(event), event.id, event.codes) if sign else None


def _touches_of_honey(now: datetime) -> list[Sight]:
    """Who went for an invented patient; one sight an event, told by keyed marks alone (T2)."""
    place = TrailPlace.locked(HONEY)
    events, place.xid = following.naming_patients(
        place.xid, without=IN_PASSING, oldest=now - OLDEST
    )
    place.save(update_fields=["xid", "updated_at"])
    return _touches_in(events, live_marks())


def _honey_of_the_day(now: datetime) -> list[Sight]:
    """The same of the whole last day; which codes were named is asked first, they are fewer."""
    marks = live_marks()
    wanted = Filter(since=now - AGAIN, by_people=True, without=IN_PASSING)
    named = honey_among(sorted(codes_in(wanted)), marks) if marks else []
    if not named:
        return []
    pages = walk(replace(wanted, codes=frozenset(named)))
    return [sight for events in pages for sight in _touches_in(events, marks)]


def _touches_in(events: list[AuditEvent], marks: frozenset[bytes]) -> list[Sight]:
    found = []
    for event in events if marks else ():
        codes = honey_among(event.codes, marks) if is_touch(event.action, event.detail) else []
        if codes and event.actor:
            sign = Sign(rules.HONEY, rules.whose(event.actor))
            found.append(Sight(sign, event.at, event.clinic, event.id, codes))
    return found


def _unjudged(now: datetime) -> list[Sight]:
    """Uses of break-glass without the verdict they should have; one sight a use (T19)."""
    return [
        Sight(Sign(rules.VERDICT, one.target), now, one.clinic_id, codes=[one.code], once=True)
        for one in overdue_uses(now)
    ]


def _clinic_of(event: AuditEvent) -> UUID | None:
    """Whose alert it is: that of the actor or of the patient; None for the installation's."""
    if event.clinic or not event.codes:
        return event.clinic
    of_patient = Patient.objects.filter(subject__code__in=event.codes)
    return of_patient.values_list("clinic_id", flat=True).first()


def _bursts(events: list[AuditEvent]) -> list[Sight]:
    """People who were refused too often in too short a time; one sight a person."""
    found: dict[UUID, Sight] = {}
    for event in events:
        if event.kind != Kind.DENIAL or not event.actor or event.actor in found:
            continue
        span = Filter(
            actors=frozenset({event.actor}),
            kind=Kind.DENIAL.value,
            since=event.at - rules.BURST_WINDOW,
            until=event.at + timedelta(microseconds=1),
        )
        if count_up_to(span, rules.BURST) >= rules.BURST:
            sign = Sign(rules.DENIALS, rules.whose(event.actor))
            codes = sorted(codes_in(span))
            found[event.actor] = Sight(sign, event.at, event.clinic, event.id, codes)
    return list(found.values())


def _raise(sight: Sight) -> bool:
    """A new alert, or one more sign of one that is not closed or of the same day."""
    if sight.once and _raised_ever(sight):
        return False
    known = _known(sight)
    if known:
        if known.state == Alert.State.CLOSED:
            _reopen(known)
        known.codes = sorted({*known.codes, *sight.codes})
        known.last_at, known.times = max(known.last_at, sight.at), F("times") + 1
        known.save()
        return False
    sign = sight.sign
    alert = Alert.objects.create(
        kind=sign.kind,
        target=sign.target,
        day=timezone.localdate(sight.at),
        clinic_id=sight.clinic,
        staff=_person(sign.target),
        codes=sorted(sight.codes),
        event_id=sight.event_id,
        last_at=sight.at,
    )
    audit.record(
        AlertEvent.RAISED,
        process=PROCESS,
        clinic=sight.clinic,
        target=alert.trail_target,
        detail={"kind": sign.kind, "about": sign.target},
    )
    return True


def _raised_ever(sight: Sight) -> bool:
    same = Alert.objects.filter(kind=sight.sign.kind, target=sight.sign.target)
    return same.exists()


def _reopen(alert: Alert) -> None:
    """Undo the closing: whoever closed it cannot have looked at a sign that is read only now."""
    audit.record(
        AlertEvent.REOPENED,
        process=PROCESS,
        clinic=alert.clinic_id,
        target=alert.trail_target,
        reason=alert.note,
        detail={"kind": alert.kind, "about": alert.target},
    )
    alert.state, alert.note = Alert.State.OPEN, ""
    alert.taken_by = alert.taken_at = alert.closed_by = alert.closed_at = None


def _person(target: str) -> User | None:
    key = staff_of(target)
    return User.objects.filter(pk=key).first() if key else None


def _known(sight: Sight) -> Alert | None:
    """The alert that counts this sign; held, so that nobody closes it meanwhile."""
    same = _same(sight).select_for_update()
    of_day = same.filter(day=timezone.localdate(sight.at))
    return same.exclude(state=Alert.State.CLOSED).first() or of_day.first()


def _is_told(sight: Sight) -> bool:
    """Whether an alert has counted this sign, or a later one of the same."""
    in_time = Q(day__lte=timezone.localdate(sight.at)) | ~Q(state=Alert.State.CLOSED)
    later = _same(sight).filter(in_time, last_at__gte=sight.at, codes__contains=sight.codes)
    return later.exists()


def _same(sight: Sight) -> AlertQuerySet:
    whose = Q(clinic=sight.clinic) if sight.clinic else Q(clinic__isnull=True)
    return Alert.objects.filter(whose, kind=sight.sign.kind, target=sight.sign.target)
