"""Connects the registry to the erasures and to leaving, both below it; imported once."""

from django.utils.translation import gettext_lazy as _

from crm.clearance.leaving import Handed, register_handover
from crm.patients.guarded_page import standing_of
from crm.patients.guards import guards_waiting_for
from crm.patients.panels import PatientAction, PatientPage
from crm.patients.services.care import hand_over_team
from crm.patients.services.erasing import forget_lookups
from crm.staff.models import User
from crm.web.nav import Rows, register_count
from privacy.access.policy import Permission
from privacy.actors import Actor
from privacy.custody.signals import zone_erased


def _hand_over(leaver: User, successor: User | None, actor: User) -> Handed:
    moved, alone = hand_over_team(leaver=leaver, successor=successor, actor=actor)
    return Handed(_("Patients cared for"), moved, alone)


register_handover("patients", _hand_over, order=90)  # last: the others ask who is cared for


def _waiting(actor: Actor) -> int | Rows:
    return guards_waiting_for(actor) if isinstance(actor, User) else 0


register_count("patients:guarded", _waiting, urgent=True)
PatientPage.add(
    PatientAction(
        _("Guard the patient"), "patients:guard", Permission.GUARD_PATIENT, icon="lock", order=90
    )
)
PatientPage.ask("guards", standing_of)
zone_erased.connect(forget_lookups, dispatch_uid="registry")
