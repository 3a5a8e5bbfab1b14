"""Connects the registry to the erasures and to leaving, both below it; imported once."""

from django.utils.translation import gettext_lazy as _

from crm.clearance.leaving import Handed, register_handover
from crm.patients.services.care import hand_over_team
from crm.patients.services.erasing import forget_lookups
from crm.staff.models import User
from privacy.custody.signals import zone_erased


def _hand_over(leaver: User, successor: User | None, actor: User) -> Handed:
    moved, alone = hand_over_team(leaver=leaver, successor=successor, actor=actor)
    return Handed(_("Patients cared for"), moved, alone)


register_handover("patients", _hand_over, order=90)  # last: the others ask who is cared for
zone_erased.connect(forget_lookups, dispatch_uid="registry")
