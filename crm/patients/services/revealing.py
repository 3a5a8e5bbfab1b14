"""Plain text of one field of one patient, for a purpose (S59)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from crm.patients import selectors
from crm.patients.events import PatientEvent
from crm.patients.formers import former_value
from crm.patients.models import Patient, SealedText
from crm.patients.reasons import Phrase, checked, offered
from crm.patients.restricted import is_restricted_for
from crm.patients.services.writing import booked_restricted
from crm.patients.words import REVEAL_PHRASES
from crm.staff.models import User
from privacy.access.caps import CAP_REACHED, Cap, free_again
from privacy.access.policy import REVEALS_TODAY_ONLY, Permission, can
from privacy.audit import services as audit
from privacy.audit.selectors import moments_of
from privacy.errors import AccessDenied, TooMany, Unreadable
from privacy.receipts import EMPTY

SECONDS_SHOWN: Final = 60
NOT_OF_TODAY: Final = "not_of_today"  # why the trail says the front desk was refused
CAPS: Final = (Cap(30, timedelta(hours=1)), Cap(100, timedelta(days=1)))
GUARDED: Final[Mapping[str, str | int]] = {
    "guarded": 1
}  # what the trail says beside a look at a guarded patient
GUARDED_CAPS: Final = (Cap(5, timedelta(days=1)),)
# Which permission opens which field; any one of them is enough.
OPENED_BY: Final[dict[str, tuple[Permission, ...]]] = {
    "phone": (Permission.REVEAL_CONTACT,),
    "name": (Permission.REVEAL_CONTACT, Permission.REVEAL_IDENTITY),
    "id_number": (Permission.REVEAL_IDENTITY,),
}


@dataclass(frozen=True, slots=True)
class Revealed:
    """A text that may be shown for ``SECONDS_SHOWN``; "" where nothing was ever taken down."""

    field: str
    text: str


class TooManyLooks(TooMany):
    """This person has opened as many fields as one person's work needs, for now (T2)."""

    def __init__(self, free: datetime) -> None:
        when = localtime(free)
        super().__init__(
            _(
                "You have opened as many fields as one person may. The next one from %(day)s "
                "%(time)s; if it cannot wait, ask a colleague of the care team."
            )
            % {"day": f"{when:%m-%d}", "time": f"{when:%H:%M}"}
        )


def fields_open_to(staff: User) -> list[str]:
    """The fields that the role may see in plain, most used first."""
    return [
        field
        for field, permissions in OPENED_BY.items()
        if any(can(staff, one) for one in permissions)
    ]


def may_reveal_of(staff: User, patient: Patient) -> bool:
    """Whether ``staff`` may open any field of this patient now, clinic time: the front desk only
    while the patient is one of today's, whoever else may open fields of all they see."""
    return may_reveal_on(staff, of_today=lambda: selectors.is_of_today(patient, staff))


def may_reveal_on(staff: User, *, of_today: Callable[[], bool]) -> bool:
    """``may_reveal_of`` where the page knows already whether the patient is one of today's."""
    return bool(fields_open_to(staff)) and (staff.role not in REVEALS_TODAY_ONLY or of_today())


def phrases_for(staff: User, patient: Patient) -> list[Phrase]:
    """The reasons that one tap gives."""
    return offered(REVEAL_PHRASES, event=PatientEvent.REVEALED, staff=staff, patient=patient)


def reveal(
    *,
    patient: Patient,
    field: str,
    purpose: str,
    reason: str,
    staff: User,
    former: UUID | None = None,
) -> Revealed:
    """Book the look, and only then open the field.

    In: ``field`` one of OPENED_BY; ``reason`` as ``reasons.checked`` wants it; ``former`` the row
    of what the field held before a correction, opened to the same roles within the same caps.
    Of guarded patients five fields a day, each of them marked in the trail.
    Raises: AccessDenied if the role may not, or not of this patient today, or while the record is
        restricted (booked); DomainError for a reason too short or with somebody's number;
        TooManyLooks beyond the caps (booked); Unreadable if the box does not open: the look stays
        booked.
    Source: S59, T2.
    """
    _check_allowed(patient, field, staff)
    words = checked(reason)
    path = f"{'formercontact' if former else 'patientcontact'}.{field}"
    with transaction.atomic():
        guarded = selectors.is_guarded(patient)
        _keep_within_caps(staff, patient, field, guarded=guarded)
        receipt = audit.record(
            PatientEvent.REVEALED,
            actor=staff,
            subjects=[patient],
            fields=[path],
            purpose=purpose,
            reason=words,
            target=f"former:{former}" if former else "",
            detail=GUARDED if guarded else {},
        )
    sealed = former_value(patient, former, field) if former else _present(patient, field)
    try:
        return Revealed(field, sealed.reveal(receipt) if sealed else "")
    except Unreadable as error:
        audit.record_crypto_failure(path=path, code=str(error))
        raise


def _check_allowed(patient: Patient, field: str, staff: User) -> None:
    """Raises: AccessDenied, booked: by role, by day, or because nobody uses the record now."""
    target = f"reveal:{field}"
    if field not in fields_open_to(staff):
        audit.record_denial(actor=staff, target=target, subjects=[patient])
        raise AccessDenied(_("Your role does not open this field."))
    if not may_reveal_of(staff, patient):
        audit.record_denial(actor=staff, target=target, reason=NOT_OF_TODAY, subjects=[patient])
        raise AccessDenied(
            _(
                "The front desk sees plain text of today's patients only: registered, expected or "
                "arrived today. Note a visit first, or ask the care team."
            )
        )
    if is_restricted_for(patient, staff):
        raise booked_restricted(patient=patient, actor=staff)


def _present(patient: Patient, field: str) -> SealedText:
    contact = selectors.contact_of(patient)
    sealed: SealedText = getattr(contact, field, None)
    return sealed


def _keep_within_caps(staff: User, patient: Patient, field: str, *, guarded: bool) -> None:
    # Under the person's own row, so that two windows do not both take the last look.
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=staff.pk)
    free = _free_again(staff, CAPS)
    if guarded:
        later = _free_again(staff, GUARDED_CAPS, GUARDED)
        free = max((one for one in (free, later) if one), default=None)
    if free is not None:
        audit.record_denial(
            actor=staff, target=f"reveal:{field}", reason=CAP_REACHED, subjects=[patient]
        )
        raise TooManyLooks(free)


def _free_again(
    staff: User, caps: Sequence[Cap], detail: Mapping[str, str | int] = EMPTY
) -> datetime | None:
    now = timezone.now()
    since, most = now - max(one.span for one in caps), max(one.most for one in caps)
    done = moments_of(staff.pk, PatientEvent.REVEALED, since=since, most=most, detail=detail)
    return free_again(done, now, caps)
