"""Tells the shell what waits, and the patient's page what was or is to be erased; imported once."""

from django.urls import reverse
from django.utils.translation import gettext as _

from crm.custody.selectors import erased_zones, erasures_waiting_for, zones_asked_for
from crm.patients.models import Patient
from crm.patients.panels import Notice, PatientPage
from crm.staff.models import User
from crm.web.nav import Rows, register_count
from privacy.access.policy import Permission, can
from privacy.actors import Actor
from privacy.custody.signals import CONTACT


def _waiting(actor: Actor) -> int | Rows:
    return erasures_waiting_for(actor) if isinstance(actor, User) else 0


register_count("custody:erasures", _waiting, urgent=True)


def notices_on(patient: Patient, staff: User) -> list[Notice]:
    """What of the patient's data is gone, and what somebody asked to destroy."""
    gone, asked = erased_zones(patient), zones_asked_for(patient)
    words = [_erased(zone) for zone in sorted(gone)]
    words += [_asked(zone) for zone in asked if zone not in gone]
    if not words:
        return []
    sees = can(staff, Permission.VIEW_ERASURES)
    return [
        Notice(
            " ".join(words),
            level="warn" if asked else "",
            icon_name="eraser",
            action_url=reverse("custody:erasures") if sees else "",
            action=_("Erasures") if sees else "",
        )
    ]


def _erased(zone: str) -> str:
    return _("Contact data: erased.") if zone == CONTACT else _("Clinical data: erased.")


def _asked(zone: str) -> str:
    if zone == CONTACT:
        return _("Contact data: erasure asked for, not confirmed and carried out yet.")
    return _("Clinical data: erasure asked for, not confirmed and carried out yet.")


PatientPage.noters["custody"] = notices_on
