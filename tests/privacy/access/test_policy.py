"""The policy table: eleven roles, default closed, administrators apart (R30, R32)."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from privacy.access.policy import (
    CLINIC_WIDE,
    ROLE_PERMISSIONS,
    WITHOUT_CLEARANCE,
    Permission,
    Role,
    can,
    is_cleared,
    roles_with,
    waits_for_clearance,
)

P = Permission
ABOUT_PATIENTS = {"patients", "consents", "consultations", "estimates", "plans", "messages"}
ADMINS = {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR}


@dataclass
class Someone:
    role: str
    is_active: bool = True
    cleared_until: date | None = date.max
    pk = UUID(int=1)
    clinic_id = UUID(int=2)


def test_every_role_has_a_row_and_every_permission_a_role() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert len(Role) == 11
    assert all(roles_with(permission) for permission in Permission)


def test_a_permission_is_an_area_and_an_act() -> None:
    assert [one for one in Permission if not re.fullmatch(r"[a-z_]+\.[a-z_]+", one)] == []


@given(st.sampled_from(Role), st.sampled_from(Permission), st.booleans())
def test_can_is_the_table_and_needs_an_active_account(role, permission, active) -> None:
    held = permission in ROLE_PERMISSIONS[role]
    assert can(Someone(role, active), permission) is (held and active)
    assert (role in roles_with(permission)) is held


@given(st.sampled_from(Role), st.sampled_from(Permission), st.integers(-3, 3))
def test_without_clearance_only_the_listed_permissions_are_left(role, permission, days) -> None:
    """``cleared_until`` is the last good day; the gate takes away and never gives."""
    someone = Someone(role, cleared_until=timezone.localdate() + timedelta(days=days))
    held, cleared = permission in ROLE_PERMISSIONS[role], days >= 0
    assert is_cleared(someone) is cleared
    assert can(someone, permission) is (held and (cleared or permission in WITHOUT_CLEARANCE))
    assert waits_for_clearance(someone, permission) is (held and not can(someone, permission))


def test_nobody_is_cleared_by_default() -> None:
    assert not is_cleared(Someone(Role.DOCTOR, cleared_until=None))


def test_of_patients_the_uncleared_keep_codes_and_the_queue() -> None:
    kept = {one for one in WITHOUT_CLEARANCE if one.value.partition(".")[0] in ABOUT_PATIENTS}
    assert kept == {P.VIEW_PATIENTS, P.ISSUE_VISIT_CODE}
    assert not {P.VIEW_AUDIT, P.EXPORT_AUDIT} & WITHOUT_CLEARANCE  # reasons may name somebody


@given(st.text(max_size=20), st.sampled_from(Permission))
def test_an_unknown_role_may_nothing(role: str, permission: Permission) -> None:
    if role not in set(Role):
        assert not can(Someone(role), permission)


def test_administrators_see_no_patient() -> None:
    patients = {one for one in Permission if one.value.partition(".")[0] in ABOUT_PATIENTS}
    for role in ADMINS:
        assert ROLE_PERMISSIONS[role] & patients <= {P.IMPORT_CONSULTATIONS}
        assert role not in CLINIC_WIDE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (P.MANAGE_STAFF, P.VIEW_AUDIT),
        (P.MANAGE_STAFF, P.EXPORT_AUDIT),
        (P.RECORD_CONSENT, P.VIEW_AUDIT),
        (P.EDIT_ESTIMATE, P.VIEW_AUDIT),
        (P.REVEAL_CONTACT, P.VIEW_AUDIT),
        (P.EXPORT_AUDIT, P.REGISTER_PATIENT),
    ],
)
def test_no_role_holds_both_keys(one: Permission, other: Permission) -> None:
    assert roles_with(one) & roles_with(other) == frozenset()
