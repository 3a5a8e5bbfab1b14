"""Reading what people signed, learnt and hold."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from crm.clearance import rules
from crm.clearance.models import ClinicLicence, Document, Licence, Reminder, Signature, Sitting
from crm.clearance.rules import Edition, Evidence, Standing
from crm.staff.models import User

Editions = Mapping[str, Sequence[Edition]]
_SINCE_JOINING = F("staff__joined_at")  # who came back starts anew (W14)


def editions() -> Editions:
    """Every document's editions, by slug."""
    found: dict[str, list[Edition]] = defaultdict(list)
    for slug, number, day in Document.objects.values_list("slug", "number", "applies_from"):
        found[slug].append(Edition(number, day))
    return found


def evidence_of(staff: Iterable[User]) -> dict[UUID, Evidence]:
    """What each of these people has shown since they joined: four statements for all of them.

    What their clinics hold is shown for whoever keeps it.
    """
    staff = list(staff)
    ids = [person.pk for person in staff]
    signed: dict[UUID, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    certificates: dict[UUID, dict[str, list[date]]] = defaultdict(lambda: defaultdict(list))
    licences: dict[UUID, dict[str, list[date]]] = defaultdict(lambda: defaultdict(list))
    signatures = Signature.objects.filter(staff__in=ids, created_at__gte=_SINCE_JOINING)
    for person, slug, number in signatures.values_list(
        "staff_id", "document__slug", "document__number"
    ):
        signed[person][slug].add(number)
    passed = Sitting.objects.filter(
        staff__in=ids, valid_until__isnull=False, created_at__gte=_SINCE_JOINING
    )
    for person, course, edition, day in passed.values_list(
        "staff_id", "course", "edition", "valid_until"
    ):
        if day is not None:
            certificates[person][course].append(day)
            if also := rules.COUNTS_ALSO.get((course, edition)):
                certificates[person][also].append(day)
    held = Licence.objects.filter(staff__in=ids, withdrawn_at=None, created_at__gte=_SINCE_JOINING)
    for person, kind, day in held.values_list("staff_id", "kind", "expires_on"):
        licences[person][kind].append(day)
    clinics = clinic_days({person.clinic_id for person in staff})
    return {
        person.pk: Evidence(
            signed[person.pk],
            certificates[person.pk],
            licences[person.pk],
            clinics[person.clinic_id],
        )
        for person in staff
    }


def clinic_days(clinics: Collection[UUID]) -> dict[UUID, dict[str, list[date]]]:
    """Last good days of these clinics' licences, by kind; of those that hold already."""
    found: dict[UUID, dict[str, list[date]]] = {one: defaultdict(list) for one in clinics}
    for one in _held(clinics):
        found[one.clinic_id][one.kind].append(one.last_day)
    return found


def _held(clinics: Collection[UUID]) -> QuerySet[ClinicLicence]:
    """Licences that hold or held.

    A practice licence that was withdrawn held until the day before: no clinic is without one, so
    none that follows it means a lapse. Of another permit the clinic then has no need.
    """
    was_held = Q(kind=rules.INSTITUTION, withdrawn_at__date__gte=F("valid_from"))
    return ClinicLicence.objects.filter(
        Q(withdrawn_at=None) | was_held,
        clinic__in=clinics,
        valid_from__lte=timezone.localdate(),
    )


def lapsed_of_clinic(clinic_id: UUID) -> dict[str, date]:
    """Which of the clinic's own licences have lapsed, and their last good day."""
    return rules.lapsed(clinic_days({clinic_id})[clinic_id], timezone.localdate())


def lapsed_licences(clinic_id: UUID) -> QuerySet[ClinicLicence]:
    """Licences of the clinic that have ended and that none of their kind follows (S10)."""
    held = _held({clinic_id})
    lasts = held.filter(withdrawn_at=None, valid_until__gte=timezone.localdate())
    return held.exclude(Exists(lasts.filter(kind=OuterRef("kind"))))


def licences_of_clinic(viewer: User) -> QuerySet[ClinicLicence]:
    """The clinic's own licences, withdrawn ones included, the newest first."""
    mine = ClinicLicence.objects.filter(clinic_id=viewer.clinic_id)
    return mine.select_related("recorded_by").order_by("kind", "-valid_until", "-created_at")


def newest_licences(viewer: User) -> list[ClinicLicence]:
    """One row a kind: the one that holds longest, lapsed or not."""
    held = sorted(_held({viewer.clinic_id}), key=lambda one: (one.kind, one.last_day))
    return list({one.kind: one for one in held}.values())


def standings(staff: Sequence[User]) -> dict[UUID, Standing]:
    """Where each of these people stands today."""
    texts, today = editions(), timezone.localdate()
    shown = evidence_of(staff)
    return {
        person.pk: rules.standing(
            role=person.role, today=today, documents=texts, evidence=shown[person.pk]
        )
        for person in staff
    }


def standing_of(person: User) -> Standing:
    """Where one person stands today."""
    return standings([person])[person.pk]


def library(today: date) -> list[Document]:
    """The edition of every document that holds today; NDA and pledge first."""
    held = Document.objects.filter(applies_from__lte=today).order_by("slug", "-number")
    order = Document.Kind.values
    return sorted(held.distinct("slug"), key=lambda one: (order.index(one.kind), one.created_at))


def coming(today: date) -> list[Document]:
    """Editions that are published and do not hold yet."""
    return list(Document.objects.filter(applies_from__gt=today).order_by("applies_from", "slug"))


def editions_of(slug: str) -> QuerySet[Document]:
    """All editions of one document, the newest first."""
    return Document.objects.filter(slug=slug).order_by("-number")


def documents_by_slug() -> dict[str, Document]:
    """The newest edition of every document, for their titles."""
    return {one.slug: one for one in Document.objects.order_by("slug", "number")}


def edition(slug: str, number: int | None = None) -> Document | None:
    """One edition; without a number the one that holds today, else the first to come."""
    found = editions_of(slug)
    if number is not None:
        return found.filter(number=number).first()
    today = timezone.localdate()
    return found.filter(applies_from__lte=today).first() or found.last()


def signature_of(person: User, document: Document) -> Signature | None:
    """The person's signature under this edition, since they joined."""
    mine = document.signatures.filter(staff=person, created_at__gte=person.joined_at)
    return mine.order_by("created_at").first()


def sittings_of(person: User) -> QuerySet[Sitting]:
    """Tries at tests, the newest first."""
    return Sitting.objects.filter(staff=person).order_by("-created_at")


def licences_of(person: User) -> QuerySet[Licence]:
    """Licences in the record, withdrawn ones included, the newest first."""
    mine = Licence.objects.filter(staff=person).select_related("checked_by")
    return mine.order_by("-created_at")


def licence_in_clinic(viewer: User, licence_id: UUID) -> Licence:
    """One licence of somebody of the viewer's clinic. Raises: Licence.DoesNotExist."""
    return Licence.objects.select_related("staff").get(
        pk=licence_id, staff__clinic_id=viewer.clinic_id
    )


def reminders_of(person: User) -> QuerySet[Reminder]:
    """What lapses soon, by day; the tighter reminder of each."""
    found = Reminder.objects.filter(staff=person, lapses_on__gte=timezone.localdate())
    return found.order_by("item", "lapses_on", "days").distinct("item", "lapses_on")


def fitting_successors(leaver: User) -> QuerySet[User]:
    """Who may take over: same clinic, same role, active, cleared today."""
    return (
        User.objects.filter(clinic_id=leaver.clinic_id, role=leaver.role, is_active=True)
        .filter(Q(cleared_until__gte=timezone.localdate()))
        .exclude(pk=leaver.pk)
        .order_by("display_name")
    )
