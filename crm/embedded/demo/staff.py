"""The demo clinic's site and accounts."""

from crm.embedded.demo.texts import CLINIC_NAME, SITE_LABEL, STAFF
from crm.staff.demo import demo_password
from crm.staff.models import Clinic, User
from crm.staff.services import open_account


def make_clinic() -> Clinic:
    return Clinic.objects.create(name=CLINIC_NAME, site_label=SITE_LABEL)


def make_staff(clinic: Clinic) -> dict[str, User]:
    """An account a role, keyed by staff number; passwords come from this installation's secret."""
    made = {}
    for staff_no, name, role in STAFF:
        made[staff_no], _seed = open_account(
            clinic=clinic,
            staff_no=staff_no,
            display_name=name,
            role=role,
            password=demo_password(staff_no),
        )
    return made
