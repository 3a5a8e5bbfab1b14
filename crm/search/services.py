"""One box for finding a patient. The term stays in this module: not in the trail, a log, a URL."""

from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from consult.fees import selectors as fees
from consult.fees.models import Estimate
from crm.patients.models import Patient, PatientContact, SealedText, search_token
from crm.patients.rules import fold_name
from crm.patients.selectors import CONTACT_FIELDS, patient_by_any_code
from crm.patients.services.looking_up import count_lookup
from crm.patients.services.viewing import book_out_of_reach
from crm.search import selectors
from crm.search.events import SearchEvent
from crm.search.rules import By, Query, understand
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import Unreadable
from privacy.receipts import Receipt

FIELD = {By.PHONE: "phone", By.ID_NUMBER: "id_number", By.NAME: "name"}


@dataclass(frozen=True, slots=True)
class Found:
    """Who was found. ``jump`` is the one patient that was meant without doubt, ``estimate`` the one
    document."""

    by: By
    contacts: list[PatientContact] = field(default_factory=list)
    receipt: Receipt | None = None
    jump: Patient | None = None
    estimate: Estimate | None = None
    more: bool = False
    unreadable: int = 0
    names_off: bool = False


def find(*, text: str, staff: User) -> Found:
    """Patients of the viewer that fit ``text``: fingerprints first, then opened and compared.

    No false hit is shown: short fingerprints are shared by strangers, so every candidate is
    compared in plain text, which is booked as a job's act; only what is shown is the viewer's.
    Raises: TooManyLookups (booked once a minute).
    """
    query = understand(text, letter=staff.clinic.visit_letter, today=timezone.localdate())
    if query.by in {By.CODE, By.VISIT_CODE}:
        return _by_code(query, staff)
    if query.by == By.ESTIMATE:
        return _by_number(query, staff)
    if query.by in FIELD:
        count_lookup(staff)
    if query.by == By.NOTHING or (query.by == By.NAME and not settings.NAME_SEARCH):
        return Found(query.by, names_off=query.by == By.NAME)
    return _by_contact(query, staff)


def _by_code(query: Query, staff: User) -> Found:
    patient = patient_by_any_code(staff, query.value)
    if patient is None and query.by == By.CODE:
        book_out_of_reach(staff=staff, code=query.value)
    with transaction.atomic():
        audit.record(
            SearchEvent.FOUND,
            actor=staff,
            subjects=[patient] if patient else [],
            detail={"by": query.by},
        )
    return Found(query.by, jump=patient)


def _by_number(query: Query, staff: User) -> Found:
    """The estimate of that number, if it is the viewer's to see; if not, their asking is booked."""
    try:
        estimate = fees.estimate_by_number(staff, query.value)
    except Estimate.DoesNotExist:
        fees.book_out_of_reach(staff=staff, number=query.value)
        estimate = None
    if estimate is not None and not can(staff, Permission.VIEW_ESTIMATES):
        audit.record_denial(
            actor=staff,
            target=f"estimate:{estimate.pk}",
            reason=Permission.VIEW_ESTIMATES,
            subjects=[estimate.patient],
        )
        estimate = None
    with transaction.atomic():
        audit.record(
            SearchEvent.FOUND,
            actor=staff,
            subjects=[estimate.patient] if estimate else [],
            target=f"estimate:{estimate.pk}" if estimate else "",
            detail={"by": query.by},
        )
    return Found(query.by, estimate=estimate)


@transaction.atomic
def _by_contact(query: Query, staff: User) -> Found:
    candidates = selectors.contacts_that_may_match(staff, query)
    most = selectors.most_of(query)
    fits, unreadable = fitting(query, candidates[:most])
    receipt = audit.record(
        SearchEvent.FOUND,
        actor=staff,
        subjects=[contact.patient for contact in fits],
        fields=CONTACT_FIELDS,
        detail={"by": query.by, "token": search_token(query.by, query.value)},
    )
    exact = query.by != By.NAME
    return Found(
        query.by,
        contacts=fits,
        receipt=receipt,
        jump=fits[0].patient if exact and len(fits) == 1 and not unreadable else None,
        more=len(candidates) > most,
        unreadable=unreadable,
    )


def fitting(query: Query, candidates: list[PatientContact]) -> tuple[list[PatientContact], int]:
    """The candidates that really fit, and how many could not be opened to tell."""
    if not candidates:
        return [], 0
    name = FIELD[query.by]
    receipt = audit.record(
        SearchEvent.COMPARED,
        process="search",
        subjects=[contact.patient for contact in candidates],
        fields=[f"patientcontact.{name}"],
        detail={"by": query.by},
    )
    fits, unreadable = [], 0
    for contact in candidates:
        sealed: SealedText = getattr(contact, name)
        try:
            text = sealed.reveal(receipt) if sealed else ""
        except Unreadable as error:
            audit.record_crypto_failure(path=f"patientcontact.{name}", code=str(error))
            unreadable += 1
            continue
        if _fits(query, text):
            fits.append(contact)
    return fits, unreadable


def _fits(query: Query, text: str) -> bool:
    if query.by == By.NAME:
        return query.value in fold_name(text)
    return bool(text) and text == query.value
