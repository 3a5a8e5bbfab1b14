"""One patient is guarded, and two invented ones watch for harvests."""

from collections.abc import Mapping, Sequence

from crm.honey.services import plant
from crm.patients.models import Patient
from crm.patients.services.guarding import guard
from crm.staff.models import User


def watch_over(patients: Sequence[Patient], *, staff: Mapping[str, User]) -> None:
    """Both, in this order."""
    _guard_one(patients, staff=staff)
    _plant_honey(staff=staff)


def _guard_one(patients: Sequence[Patient], *, staff: Mapping[str, User]) -> None:
    """The doctor keeps somebody known from the news to the care team."""
    doctor = staff["ys001"]
    known = next(one for one in patients[4:] if one.care_team.filter(staff=doctor).exists())
    reason = "本地电视台主持人，本人要求只由固定人员接待"
    guard(patient=known, kind="vip", reason=reason, actor=doctor)


def _plant_honey(*, staff: Mapping[str, User]) -> None:
    """By the security administrator; which they are stands on that page alone."""
    plant(number=2, actor=staff["aq001"])
