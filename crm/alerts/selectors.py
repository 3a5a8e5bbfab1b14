"""Alerts through the eyes of one viewer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.alerts.models import Alert
from crm.patients.guards import codes_of_oneself
from crm.patients.models import Patient
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.pseudonyms.models import Subject
from privacy.records import Record

Kind = Alert.Kind
# What to do first.
ADVICE: Final[dict[str, Promise | str]] = {
    Kind.CRYPTO: _("Compare the key files with the papers. Have nobody type the value in again."),
    Kind.UNATTRIBUTED: _(
        "Ask who worked at the database at this time. Maintenance has a date and a name."
    ),
    Kind.MISMATCH: _(
        "Somebody went round the triggers, or an old copy was put back. Compare with a backup."
    ),
    Kind.CONSENT: _(
        "Have the patient's answers taken anew at the desk before anything is sent, and find out "
        "who worked at the database."
    ),
    Kind.TRAIL: _("Keep the anchors apart, and compare with the last month that left the house."),
    Kind.MISSED: _("Have worker, exporter and beat looked at, and the check run today."),
    Kind.SEPARATION: _(
        "Have somebody else check what was done, and end the account's sessions if in doubt."
    ),
    Kind.SEALER: _("Have sealer and beat looked at. Nothing is lost; it is sealed afterwards."),
    Kind.DENIALS: _(
        "Ask the person, and look at what was asked for. End their sessions if in doubt."
    ),
    Kind.LOCKED: _("Ask the person whether it was them. If not, have the password changed."),
    Kind.TOKEN: _("Find the program that holds the token, and revoke what nobody knows."),
    Kind.HONEY: _(
        "Nobody has a reason to open these records. Read what else the person opened, end their "
        "sessions if in doubt, then retire the record and plant another."
    ),
    Kind.BREAK_GLASS: _(
        "Read the reason. Quality control judges every use within 24 hours; see that it does."
    ),
    Kind.CAP: _(
        "Ask the person what the day needed so much for, and read in the trail what they opened. "
        "End their sessions if in doubt."
    ),
    Kind.VERDICT: _(
        "See that quality control judges it today. Until then the person cannot break the glass."
    ),
    Kind.DEADLINE: _("Do what is due now, and write into the incident why it is late."),
    Kind.PASSKEY: _("Revoke the passkey and have a new one made on the person's own device."),
    Kind.REVIEW: _("Review and sign it with medical quality. Exports wait for it."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opened:
    """One alert as its page shows it."""

    alert: Alert
    codes: list[str]  # those of the viewer's clinic
    incidents: Sequence[Record]  # the same; their type is of the floor above

    @property
    def advice(self) -> Promise | str:
        return ADVICE[self.alert.kind]


def alerts_visible_to(viewer: User, state: str = "") -> QuerySet[Alert]:
    """The viewer's alerts, newest first; ``state`` "" for all."""
    rows = Alert.objects.visible_to(viewer).select_related("staff", "taken_by", "closed_by")
    return rows.filter(state=state) if state else rows


def alert_of(viewer: User, alert_id: UUID) -> Alert:
    """Raises: Alert.DoesNotExist also for one of another clinic."""
    return alerts_visible_to(viewer).get(pk=alert_id)


def count_open(viewer: User) -> int:
    """How many alerts nobody has taken on; 0 for whoever may not see them."""
    if not can(viewer, Permission.VIEW_ALERTS):
        return 0
    return Alert.objects.visible_to(viewer).open().count()


def subjects_shown(viewer: User, alert: Alert) -> list[Subject]:
    """The patients an alert names to this viewer: the clinic's, without the viewer as one (T1)."""
    own = codes_of_oneself(viewer)
    return subjects_of_clinic(viewer, [code for code in alert.codes if code not in own])


def subjects_of_clinic(viewer: User, codes: list[str]) -> list[Subject]:
    """The patients behind the codes that are of the viewer's own clinic, by code."""
    own = Patient.objects.filter(clinic_id=viewer.clinic_id, subject__code__in=codes)
    return list(Subject.objects.filter(pk__in=own.values("subject_id")).order_by("code"))
