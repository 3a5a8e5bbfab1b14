"""Tells the shell what waits, and the patient's page what was or is to be erased; imported once."""

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from crm.custody.selectors import (
    erased_zones,
    patients_waiting_for,
    restriction_of,
    zones_asked_for,
)
from crm.patients.models import Patient
from crm.patients.panels import Notice, PatientPage
from crm.staff.models import User
from crm.web.nav import Rows, register_count
from privacy.access.policy import Permission, can
from privacy.actors import Actor
from privacy.custody.signals import CONTACT


def _waiting(actor: Actor) -> int | Rows:
    return patients_waiting_for(actor) if isinstance(actor, User) else 0


register_count("custody:erasures", _waiting, urgent=True)


def notices_on(patient: Patient, staff: User) -> list[Notice]:
    """Whether the record is used at all, what of it is gone, what somebody asked to destroy."""
    return [*_restricted(patient, staff), *_erasures(patient, staff)]


def _restricted(patient: Patient, staff: User) -> list[Notice]:
    if patient.status != Patient.Status.RESTRICTED or not (held := restriction_of(patient)):
        return []
    text = _("Restricted since %(day)s: kept as the law asks, and not used.")
    sees = can(staff, Permission.VIEW_ERASURES)
    return [
        Notice(
            text % {"day": f"{localtime(held.restricted_at):%Y-%m-%d}"},
            level="warn",
            icon_name="pause",
            action_url=reverse("custody:restriction", args=[held.pk]) if sees else "",
            action=_("Restriction") if sees else "",
        )
    ]


def _erasures(patient: Patient, staff: User) -> list[Notice]:
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
            action=_("Erase and restrict") if sees else "",
        )
    ]


def _erased(zone: str) -> str:
    return _("Contact data: erased.") if zone == CONTACT else _("Clinical data: erased.")


def _asked(zone: str) -> str:
    if zone == CONTACT:
        return _("Contact data: erasure asked for, not confirmed and carried out yet.")
    return _("Clinical data: erasure asked for, not confirmed and carried out yet.")


PatientPage.noters["custody"] = notices_on
