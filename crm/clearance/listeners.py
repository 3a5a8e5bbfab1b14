"""Connects the clearance to the side column and to the top of pages; imported once."""

from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.clearance.models import ClinicLicence
from crm.clearance.rules import reminder
from crm.clearance.selectors import lapsed_licences, lapsed_of_clinic
from crm.web.nav import Rows, register_count
from crm.web.notices import Notice, register_notice
from privacy.access.policy import Permission, Role, can
from privacy.actors import Actor

_TOLD: Final = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.DOCTOR})


def _steps_waiting(actor: Actor) -> int:
    """1 while something is missing or lapses within 30 days; from the account, without a query."""
    today = timezone.localdate()
    until = actor.cleared_until
    return int(until is None or until < today or reminder(until, today) is not None)


def _lapsed(actor: Actor) -> int | Rows:
    """For whoever keeps the clinic's licences, guards its rules, or practises under them (S10)."""
    return lapsed_licences(actor.clinic_id) if actor.role in _TOLD else 0


def _lapsed_licence(actor: Actor) -> Notice | None:
    lapsed = lapsed_of_clinic(actor.clinic_id)
    if not lapsed:
        return None
    kind, ended = min(lapsed.items())
    words = _("%(licence)s: lapsed, the last good day was %(day)s.")
    text = words % {"licence": ClinicLicence.Kind(kind).label, "day": f"{ended:%Y-%m-%d}"}
    if can(actor, Permission.MANAGE_STAFF):
        return Notice(text, reverse("clearance:clinic-licences"), _("Record or renew"))
    return Notice(text, reverse("clearance:library"), _("Licences of the clinic"))


register_count("clearance:own", _steps_waiting, urgent=True)
register_notice("clinic_licences", _lapsed_licence, where=_lapsed)
