"""The demo clinic's site and accounts."""

from contextlib import suppress

from crm.embedded.demo.texts import CLINIC_NAME, SITE_LABEL, STAFF
from crm.staff.demo import demo_password, prefill
from crm.staff.models import Clinic, User
from crm.staff.services import SignInRefused, open_account, sign_in


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


def sign_in_some() -> None:
    """Three sign in, one of them after a slip: for the trail."""
    for staff_no in ("qt001", "zx001", "hs001"):
        filled = prefill(staff_no)
        if filled is None:
            continue
        if staff_no == "zx001":
            with suppress(SignInRefused):
                sign_in(staff_no=staff_no, password="a slip", code=filled.code, ip=None)  # noqa: S106 - a slip
        sign_in(staff_no=staff_no, password=filled.password, code=filled.code, ip=None)
