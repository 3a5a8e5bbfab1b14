"""What upper floors show on a patient's page: named by URL, never imported (the house, 2)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from django.utils.functional import Promise

from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Permission, can


@dataclass(frozen=True, slots=True)
class Panel:
    """A tab of the patient page, fetched by ``hx-get`` from ``url_name`` with the code."""

    label: Promise | str
    url_name: str
    permission: Permission
    order: int = 50


@dataclass(frozen=True, slots=True)
class PatientAction:
    """A button in the head of the patient page; ``url_name`` takes the code."""

    label: Promise | str
    url_name: str
    permission: Permission
    icon: str = "plus"
    order: int = 50


@dataclass(frozen=True, slots=True)
class Notice:
    """A line above everything on the patient's page, as ``partials/_notice.html`` shows it."""

    text: str
    level: str = ""
    icon_name: str = ""
    action_url: str = ""
    action: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a patient stands with a floor now: words for the head of the page, the buttons (by
    their ``url_name``) that would only say it again, and what there is to say first of it."""

    label: Promise | str
    hides: frozenset[str]
    notice: Notice | None = None


Noter = Callable[[Patient, User], list[Notice]]


class PatientPage:
    """Registry that ``AppConfig.ready()`` of each floor adds to."""

    panels: ClassVar[dict[str, Panel]] = {}
    actions: ClassVar[dict[str, PatientAction]] = {}
    standings: ClassVar[dict[str, Callable[[User, Patient], Standing | None]]] = {}
    noters: ClassVar[dict[str, Noter]] = {}

    @classmethod
    def add(cls, *entries: Panel | PatientAction) -> None:
        """Register panels and actions; the same address twice replaces (autoreload)."""
        for entry in entries:
            if isinstance(entry, Panel):
                cls.panels[entry.url_name] = entry
            else:
                cls.actions[entry.url_name] = entry

    @classmethod
    def ask(cls, floor: str, standing_of: Callable[[User, Patient], Standing | None]) -> None:
        """Have ``standing_of`` asked for every patient shown; None says nothing."""
        cls.standings[floor] = standing_of

    @classmethod
    def standings_of(cls, staff: User, patient: Patient) -> list[Standing]:
        found = [ask(staff, patient) for ask in cls.standings.values()]
        return [one for one in found if one is not None]

    @classmethod
    def notices_for(cls, patient: Patient, staff: User) -> list[Notice]:
        """What rooms above have to say first about this patient to this viewer."""
        return [one for noter in cls.noters.values() for one in noter(patient, staff)]

    @classmethod
    def panels_for(cls, staff: User) -> list[Panel]:
        found = [one for one in cls.panels.values() if can(staff, one.permission)]
        return sorted(found, key=lambda one: one.order)

    @classmethod
    def actions_for(cls, staff: User) -> list[PatientAction]:
        found = [one for one in cls.actions.values() if can(staff, one.permission)]
        return sorted(found, key=lambda one: one.order)
