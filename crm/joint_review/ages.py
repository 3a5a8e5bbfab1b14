"""Whose plain text was that of somebody who may be under 18: read once a sheet, by receipt."""

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ImproperlyConfigured

from crm.joint_review.events import ReviewEvent
from crm.patients.models import Patient, PatientClinical, PatientContact, SealedText
from crm.patients.rules import may_be_minor
from crm.staff.models import Clinic
from privacy.audit import services as audit
from privacy.errors import Erased, Unreadable
from privacy.minimisation.numbers import id_birth_date
from privacy.receipts import Receipt

FIELDS = ("patientclinical.birth_year", "patientcontact.id_number")


@dataclass(frozen=True, slots=True)
class Ages:
    """What is known of some patients' ages. Lives as long as the drawing, is stored nowhere."""

    known: dict[str, tuple[date | None, int | None]]
    unreadable: frozenset[str]

    def is_minor(self, code: str, *, on: date) -> bool:
        """Whether the patient may have been under 18; what did not open counts as if so."""
        born, year = self.known.get(code, (None, None))
        return code in self.unreadable or may_be_minor(birth_date=born, birth_year=year, today=on)


def may_be_minors(clinic: Clinic, codes: set[str]) -> Ages:
    """Open year of birth and ID number of these patients, in one event of the trail.

    An ID number decides alone: the worker that draws has no key to the clinical zone, and a year
    of birth that it cannot open would count as a minor's.
    """
    patients = Patient.objects.filter(clinic=clinic, subject__code__in=codes)
    found = list(patients.select_related("subject", "contact", "clinical"))
    if not found:
        return Ages({}, frozenset())
    receipt = audit.record(
        ReviewEvent.AGE_READ,
        process="joint-review",
        clinic=clinic.pk,
        subjects=found,
        fields=FIELDS,
    )
    known, unreadable = {}, set()
    for one in found:
        try:
            known[one.code] = _age(one, receipt)
        except Erased:
            continue  # nobody can tell any more
        except (Unreadable, ImproperlyConfigured):  # no key, or not for this process
            unreadable.add(one.code)
    return Ages(known, frozenset(unreadable))


def _age(patient: Patient, receipt: Receipt) -> tuple[date | None, int | None]:
    contact: PatientContact | None = getattr(patient, "contact", None)
    clinical: PatientClinical | None = getattr(patient, "clinical", None)
    number: SealedText = contact.id_number if contact else None
    born = id_birth_date(number.reveal(receipt)) if number else None
    year: SealedText = clinical.birth_year if clinical and born is None else None
    digits = year.reveal(receipt) if year else ""
    return born, int(digits) if digits.isdecimal() else None
