"""Sheets of the viewer's clinic: what is missing, overdue, waiting; and what is signed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from crm.joint_review import rules
from crm.joint_review.events import ReviewEvent
from crm.joint_review.models import (
    ReviewFinding,
    ReviewItem,
    ReviewSheet,
    ReviewSignature,
    ReviewView,
)
from crm.joint_review.own_record import kept_from
from crm.joint_review.reading import events_of
from crm.joint_review.rules import Kind, Period
from crm.patients.guards import codes_of_oneself, guards_of_oneself
from crm.staff.models import Clinic, User
from privacy.access.policy import Permission, can, roles_with
from privacy.audit.models import READER, AuditEvent, AuditSeal, acting_as, microseconds
from privacy.audit.selectors import Filter, walk

REGULAR: Final = (Kind.WEEK.value, Kind.MONTH.value)
AROUND: Final = timedelta(minutes=5)  # of a sheet and its event: one transaction


# --- periods ----------------------------------------------------------------------------------


def _over(clinic: Clinic, at: datetime) -> list[Period]:
    """The weeks and months of a clinic that are over at a moment (aware), oldest first."""
    zone = timezone.get_default_timezone()
    first = clinic.created_at.astimezone(zone).date()
    return rules.periods(first, at.astimezone(zone).date())


def missing(clinic: Clinic, at: datetime) -> list[Period]:
    """The periods that are over and have no sheet, oldest first."""
    drawn = ReviewSheet.objects.filter(clinic=clinic, kind__in=REGULAR)
    there = set(drawn.values_list("kind", "begins_on"))
    return [one for one in _over(clinic, at) if (one.kind.value, one.begins) not in there]


def overdue(clinic_id: UUID, at: datetime) -> list[Period]:
    """The periods of a clinic whose sheet both sides should have signed by ``at`` (aware).

    A week or month is overdue from 35 days after its end, drawn or not, oldest first. While there
    is one, nothing new leaves the clinic by an export; the audit trail itself does (ADR 0028).
    """
    clinic = Clinic.objects.filter(pk=clinic_id).first()
    return overdue_of(clinic, at) if clinic else []


def overdue_of(clinic: Clinic, at: datetime) -> list[Period]:
    """The same for a clinic at hand."""
    zone = timezone.get_default_timezone()
    late = [one for one in _over(clinic, at) if one.is_overdue(at, zone)]
    if not late:
        return []
    signed = ReviewSheet.objects.filter(clinic=clinic, kind__in=REGULAR).signed()
    done = set(signed.values_list("kind", "begins_on"))
    return [one for one in late if (one.kind.value, one.begins) not in done]


def told_overdue(clinic: Clinic) -> set[str]:
    """The labels of the periods that the trail has been told of as overdue."""
    wanted = Filter(clinic=clinic.pk, processes=False, action=ReviewEvent.OVERDUE.value)
    return {one.target.removeprefix("review:") for page in walk(wanted) for one in page}


def sealed_until(moment: datetime) -> datetime:
    """Up to which moment (at most ``moment``) every event has its seal."""
    with acting_as(READER):
        sealed = AuditSeal.objects.filter(event_id=OuterRef("id"), event_at=OuterRef("at"))
        waiting = AuditEvent.objects.filter(at__lt=moment).exclude(Exists(sealed))
        oldest = waiting.order_by("at").values_list("at", flat=True).first()
    return oldest or moment


# --- sheets -----------------------------------------------------------------------------------


def sheets_visible_to(viewer: User) -> QuerySet[ReviewSheet]:
    """The clinic's sheets, newest first, each with its numbers."""
    rows = ReviewSheet.objects.visible_to(viewer).select_related("drawn_by", "clinic")
    return (
        rows.annotate(
            total=Count("items", distinct=True),
            left=Count("items", filter=Q(items__verdict=""), distinct=True),
            found=Count("items", filter=Q(items__verdict="finding"), distinct=True),
        )
        .order_by("-until", "kind")
        .prefetch_related("signatures__signer")
    )


def sheet_of(viewer: User, sheet_id: UUID) -> ReviewSheet:
    """Raises: ReviewSheet.DoesNotExist also for one of another clinic."""
    return sheets_visible_to(viewer).get(pk=sheet_id)


def item_of(viewer: User, item_id: UUID) -> ReviewItem:
    """Raises: ReviewItem.DoesNotExist also for one of another clinic."""
    rows = ReviewItem.objects.select_related("sheet__clinic", "judged_by", "finding", "earlier")
    return rows.get(pk=item_id, sheet__clinic_id=viewer.clinic_id)


def finding_of(viewer: User, finding_id: UUID) -> ReviewFinding:
    """Raises: ReviewFinding.DoesNotExist also for one of another clinic, and for one on the
    viewer's own record."""
    rows = ReviewFinding.objects.select_related(
        "item__sheet", "author", "owner", "answered_by", "stated_by", "closed_by", "incident"
    )
    found = rows.get(pk=finding_id, item__sheet__clinic_id=viewer.clinic_id)
    check_shown(viewer, found)
    return found


def check_shown(viewer: User, finding: ReviewFinding) -> None:
    """Raises: ReviewFinding.DoesNotExist for a finding on the viewer's own record."""
    if kept_from(viewer, ReviewItem.objects.filter(pk=finding.item_id)):
        raise ReviewFinding.DoesNotExist


def open_findings(viewer: User) -> list[ReviewFinding]:
    """Tickets of the clinic that nobody has closed, the one that is due first on top."""
    rows = ReviewFinding.objects.select_related("item__sheet", "owner").exclude(state="closed")
    found = rows.filter(item__sheet__clinic_id=viewer.clinic_id).order_by("due_on", "pk")
    return _shown_among(viewer, found)


def _shown_among(viewer: User, findings: QuerySet[ReviewFinding]) -> list[ReviewFinding]:
    kept = kept_from(viewer, ReviewItem.objects.filter(finding__in=findings.order_by()))
    return [one for one in findings if one.item.event_id not in kept]


def late_findings(viewer: User) -> int:
    """How many tickets of the clinic nobody has closed in time."""
    rows = ReviewFinding.objects.filter(item__sheet__clinic_id=viewer.clinic_id)
    return rows.exclude(state="closed").filter(due_on__lt=timezone.localdate()).count()


def superior_of(item: ReviewItem) -> User | None:
    """Who sees to a finding of this event unless somebody says otherwise: the superior of whose
    doing it was. None where there is none at work who may: then the side that found it does."""
    if item.actor is None:
        return None
    whose = User.objects.filter(pk=item.actor, clinic=item.sheet.clinic_id)
    person = whose.select_related("superior").first()
    above = person.superior if person else None
    at_work = above is not None and above.is_active and above.clinic_id == item.sheet.clinic_id
    return above if above and at_work and above.role in _knowing_codes() else None


def owners_for(finding: ReviewFinding) -> QuerySet[User]:
    """Who may see to a finding: colleagues at work who know codes, without whom it is about.

    A colleague who is one of the patients concerned stands among them: a gap in the list would
    tell who it is. To them the finding is not shown.
    """
    rows = User.objects.filter(
        clinic=finding.item.sheet.clinic_id, is_active=True, role__in=_knowing_codes()
    )
    about = finding.item.actor
    return (rows.exclude(pk=about) if about else rows).order_by("display_name")


def _knowing_codes() -> frozenset[str]:
    """A finding shows the codes of its event: who knows none (G0), by their work or by the
    sheets, sees to none."""
    return roles_with(Permission.VIEW_PATIENTS) | roles_with(Permission.VIEW_REVIEW)


# --- one's own findings -----------------------------------------------------------------------


def findings_of(person: User) -> QuerySet[ReviewFinding]:
    """Findings about what this person did, and those they see to; newest first."""
    whose = Q(item__actor=person.pk) | Q(owner=person)
    rows = ReviewFinding.objects.filter(whose, item__sheet__clinic_id=person.clinic_id)
    return rows.select_related("item", "owner", "answered_by").order_by("-created_at")


def findings_shown_to(person: User) -> list[ReviewFinding]:
    """The same without those they would see to on looks at their own record (T1)."""
    found = list(findings_of(person))
    codes = codes_of_oneself(person)
    if not codes:
        return found
    events, _seals = events_of(one.item for one in found if one.item.actor != person.pk)
    theirs = {one.pk for one in events if not codes.isdisjoint(one.codes)}
    return [one for one in found if one.item.event_id not in theirs]


def finding_shown_to(person: User, finding_id: UUID) -> ReviewFinding:
    """One of them. Raises: ReviewFinding.DoesNotExist also for everybody else's."""
    found = next((one for one in findings_shown_to(person) if one.pk == finding_id), None)
    if found is None:
        raise ReviewFinding.DoesNotExist
    return found


def findings_waiting_for(person: User) -> QuerySet[ReviewFinding]:
    """Those of them that wait for this person's word. Of who is a patient here only what is about
    their doings is counted: which of the others are shown, events tell, and no page asks them."""
    own = Q(item__actor=person.pk, stated_at=None)
    seen_to = Q(owner=person, answered_at=None) & ~Exists(guards_of_oneself(person))
    return findings_of(person).exclude(state="closed").filter(own | seen_to)


def findings_resting_on(person: User) -> QuerySet[ReviewFinding]:
    """Open findings that this person is to see to."""
    return ReviewFinding.objects.filter(owner=person).exclude(state="closed")


def findings_on(sheet: ReviewSheet, viewer: User) -> list[ReviewFinding]:
    """The tickets of a sheet that the viewer is shown, by number."""
    rows = ReviewFinding.objects.select_related("item", "author", "owner").filter(item__sheet=sheet)
    return _shown_among(viewer, rows.order_by("item__number"))


def signed_before(sheet: ReviewSheet) -> QuerySet[ReviewItem]:
    """Judged events on the clinic's sheets that both sides have signed, without this one."""
    others = ReviewSheet.objects.filter(clinic=sheet.clinic_id).exclude(pk=sheet.pk).signed()
    return ReviewItem.objects.filter(sheet__in=others.values("pk")).order_by("judged_at")


def can_take_over(sheet: ReviewSheet) -> bool:
    """Whether something unjudged on the sheet was judged on a signed one."""
    same = signed_before(sheet).filter(event_id=OuterRef("event_id"))
    return sheet.items.filter(Exists(same), verdict="").exists()


def unsigned_for(viewer: User) -> QuerySet[ReviewSheet]:
    """The sheets that still wait for the viewer's side: the number in the side column."""
    side = rules.side_of(viewer.role)
    rows = ReviewSheet.objects.visible_to(viewer)
    if side is None or not can(viewer, Permission.JUDGE_REVIEW):
        return rows.none()
    mine = ReviewSignature.objects.filter(sheet_id=OuterRef("pk"), side=side.value)
    return rows.filter(~Exists(mine))


def views_of(staff: User) -> list[ReviewView]:
    """The filters that somebody named."""
    return list(ReviewView.objects.filter(staff=staff))


# --- the digest -------------------------------------------------------------------------------


def list_digest(items: Iterable[ReviewItem]) -> str:
    """SHA-256 over which events were drawn and why, as it stands in the trail."""
    drawn = sorted((one.number, one.event_id.hex, sorted(one.grounds)) for one in items)
    return rules.digest({"drawn": [list(one) for one in drawn]})


def digest_of(sheet: ReviewSheet) -> str:
    """The digest that both sides sign: everything the sheet says, as it is now."""
    rows = sheet.items.select_related("finding").order_by("number")
    return rules.digest(
        {
            "clinic": sheet.clinic_id.hex,
            "kind": sheet.kind,
            "begins": sheet.begins_on.isoformat(),
            "since": microseconds(sheet.since),
            "until": microseconds(sheet.until),
            "reason": sheet.reason,
            "seed": sheet.seed,
            "events": sheet.events,
            "counts": sheet.counts,
            "checkpoints": [sheet.first_checkpoint, sheet.checkpoint],
            "root": sheet.root,
            "chain": sheet.chain,
            "items": [_said(one) for one in rows],
        }
    )


def _said(item: ReviewItem) -> dict[str, Any]:
    finding = getattr(item, "finding", None)
    return {
        "number": item.number,
        "event": item.event_id.hex,
        "at": microseconds(item.event_at),
        "seq": item.seq,
        "digest": item.event_digest,
        "action": item.action,
        "actor": item.actor.hex if item.actor else None,
        "role": item.role,
        "only": item.only_side,
        "grounds": list(item.grounds),
        "facts": item.facts,
        "verdict": item.verdict,
        "side": item.side,
        "judge": item.judged_by_id.hex if item.judged_by_id else None,
        "judged": microseconds(item.judged_at) if item.judged_at else 0,
        "earlier": item.earlier_id.hex if item.earlier_id else None,
        "text": finding.text if finding else "",
    }


def drawn_as(sheet: ReviewSheet) -> str:
    """The digest of the drawn list that the trail holds; "" if it holds none."""
    wanted = Filter(
        clinic=sheet.clinic_id,
        processes=False,
        action=ReviewEvent.DRAWN.value,
        since=sheet.created_at - AROUND,
        until=sheet.created_at + AROUND,
    )
    for page in walk(wanted):
        for event in page:
            if event.target == sheet.target:
                return str(event.detail.get("sha256", ""))
    return ""


@dataclass(frozen=True, slots=True)
class Judged:
    """How many events somebody judged, for which side."""

    side: str
    name: str
    number: int


def judges_on(sheet: ReviewSheet) -> list[Judged]:
    """Who judged how many."""
    rows = sheet.items.exclude(verdict="").values_list("side", "judged_by__display_name")
    counted = rows.annotate(n=Count("pk")).order_by("side", "judged_by__display_name")
    return [Judged(side, name, number) for side, name, number in counted]
