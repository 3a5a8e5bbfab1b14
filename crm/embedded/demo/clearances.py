"""The demo clinic's staff go through the gate: all but a trainee, and one whose licence ends.

The clinic's own licences stand there as well; its permit for the internet ends in a month.
"""

from datetime import date, timedelta
from typing import Final

from django.utils import timezone

from crm.clearance import selectors, services
from crm.clearance.clinic_licences import record_clinic_licence
from crm.clearance.courses import RIGHT
from crm.clearance.rules import COURSES, INSTITUTION, INTERNET, LICENCES_BY_ROLE
from crm.embedded.demo.texts import LAPSING, TRAINEE
from crm.staff.models import User

CHECKED_BY: Final = "xt001"
_WEEK, _MONTH, _YEARS = timedelta(days=7), timedelta(days=28), timedelta(days=1000)
_CLINIC: Final = {INSTITUTION: _YEARS, INTERNET: _MONTH}


def clear(staff: dict[str, User]) -> None:
    """Sign, learn, show licences: through the services, as people do."""
    services.ensure_shipped_documents()
    today = timezone.localdate()
    for staff_no, person in staff.items():
        if staff_no == TRAINEE:
            continue
        for document in selectors.library(today):
            services.sign(
                user=person, document=document, sha256=document.sha256, language="zh-hans"
            )
        for course in COURSES:
            _pass(person, course)
        _show_licences(person, staff[CHECKED_BY], today)
    for kind, left in _CLINIC.items():
        record_clinic_licence(
            kind=kind, number=f"DEMO-{kind.upper()}", issuer="演示区卫生健康委员会",
            valid_from=today - _YEARS, valid_until=today + left, actor=staff[CHECKED_BY],
        )  # fmt: skip
    services.look_after()


def _pass(person: User, course: str) -> None:
    sitting = services.start_test(user=person, course=course)
    answers = {key: RIGHT for key, _order in sitting.drawn}
    services.hand_in(user=person, sitting_id=sitting.pk, answers=answers)


def _show_licences(person: User, checker: User, today: date) -> None:
    for kind in LICENCES_BY_ROLE.get(person.role, ()):
        services.record_licence(
            staff=person,
            kind=kind,
            number=f"DEMO-{person.staff_no.upper()}",
            expires_on=today + (_WEEK if person.staff_no == LAPSING else _YEARS),
            actor=checker,
        )
