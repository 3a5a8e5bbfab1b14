"""Who may write about a patient: seeing them for a time is not enough."""

from typing import Final

from django.utils.translation import gettext as _

from crm.patients.models import Patient
from crm.staff.models import User
from privacy.audit import services as audit
from privacy.errors import AccessDenied

ONLY_LOOKS: Final = "only_looks"  # why the trail says that somebody was refused


def may_write(*, staff: User, patient: Patient) -> bool:
    """Whether this is the viewer's own patient: by the care team, or by a role with the whole
    clinic where nobody guards the patient."""
    return Patient.objects.cared_for_by(staff).filter(pk=patient.pk).exists()


def check_may_write(*, staff: User, patient: Patient) -> None:
    """Let pass whose own patient this is: by the care team, or by a role with the whole clinic.

    Raises: AccessDenied (booked) for whoever sees the patient by an access for a time. It opens
    what is there; with it nobody joins the care team, writes, or acts in the patient's name.
    """
    if may_write(staff=staff, patient=patient):
        return
    audit.record_denial(actor=staff, target="patient:write", reason=ONLY_LOOKS, subjects=[patient])
    raise AccessDenied(
        _(
            "You see this patient for a time, to look only. "
            "Whoever writes joins the care team first."
        )
    )
