"""Who may write about a patient: seeing them for a time is not enough, and of a restricted record
nobody does."""

from typing import Final

from django.utils.translation import gettext as _

from crm.patients.models import Patient
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import AccessDenied

# Why the trail says that somebody was refused.
ONLY_LOOKS: Final = "only_looks"
RESTRICTED: Final = "restricted"


class Restricted(AccessDenied):
    """The record is stored and guarded, and nothing else (R15, ADR 0040)."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This record is restricted: kept and guarded, and not used. If the patient wants "
                "care again, the security administrator asks to lift it."
            )
        )


def refuse_restricted(*, patient: Patient, actor: User | None) -> None:
    """Raises: Restricted (booked) while the record is restricted, whoever asks."""
    if Patient.objects.filter(pk=patient.pk, status=Patient.Status.RESTRICTED).exists():
        raise booked_restricted(patient=patient, actor=actor)


def booked_restricted(*, patient: Patient, actor: User | None) -> Restricted:
    """What to raise, once that somebody met the restriction is booked."""
    audit.record_denial(actor=actor, target="patient:use", reason=RESTRICTED, subjects=[patient])
    return Restricted()


def may_write(*, staff: User, patient: Patient, restricted: bool = False) -> bool:
    """Whether this is the viewer's own patient: by the care team, or by a role with the whole
    clinic where nobody guards the patient. ``restricted``: for what a restriction leaves open."""
    own = Patient.objects.cared_for_by(staff, restricted=restricted)
    return own.filter(pk=patient.pk).exists()


def check_may_write(*, staff: User, patient: Patient, restricted: bool = False) -> None:
    """Let pass whose own patient this is: by the care team, or by a role with the whole clinic.

    Raises: AccessDenied (booked) for whoever sees the patient by an access for a time. It opens
    what is there; with it nobody joins the care team, writes, or acts in the patient's name.
    Restricted (booked) as ``refuse_restricted``, but for what a restriction leaves open
    (``restricted``).
    """
    if may_write(staff=staff, patient=patient, restricted=restricted):
        return
    refuse_restricted(patient=patient, actor=staff)
    audit.record_denial(actor=staff, target="patient:write", reason=ONLY_LOOKS, subjects=[patient])
    raise AccessDenied(
        _(
            "You see this patient for a time, to look only. "
            "Whoever writes joins the care team first."
        )
    )
