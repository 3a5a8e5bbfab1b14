"""Connects access for a time to the registry below it and to the shell; imported once."""

from typing import Any

from crm.access_requests.selectors import (
    agreed_to,
    broken_open,
    open_to,
    open_uses_of,
    waiting_for,
)
from crm.access_requests.services.deciding import end_what_one_approved
from crm.access_requests.showing import notices_on
from crm.patients.models import Patient, PatientQuerySet
from crm.patients.panels import PatientPage
from crm.patients.services.guarding import guarded
from crm.staff.models import User
from crm.web.marks import register_mark
from crm.web.nav import Rows, register_count
from privacy.access.policy import Permission, can
from privacy.actors import Actor

PatientQuerySet.ways_in["access_requests"] = open_to
PatientQuerySet.agreed_ways["access_requests"] = agreed_to
PatientQuerySet.emergency_ways["access_requests"] = broken_open
PatientPage.noters["access_requests"] = notices_on


def _close(patient: Patient, actor: User | None, **_signal: Any) -> None:
    end_what_one_approved(patient=patient, actor=actor)


guarded.connect(_close, dispatch_uid="access")


def _waiting(actor: Actor) -> int | Rows:
    return waiting_for(actor) if isinstance(actor, User) else 0


register_count("access:list", _waiting, urgent=True)


def _marked(actor: Actor) -> int | Rows:
    if not isinstance(actor, User) or not can(actor, Permission.BREAK_GLASS):
        return 0
    return open_uses_of(actor)


register_mark("break-glass", _marked)
