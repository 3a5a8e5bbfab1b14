"""Codes for one use: ten to come in without the second factor, one to enrol a new one."""

import secrets
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from crm.staff import rules
from crm.staff.events import StaffEvent
from crm.staff.models import OneTimeCode, User
from privacy.audit import services as audit

HOW_MANY: Final = 10
ENROLMENT_HOURS: Final = 24


@transaction.atomic
def make_codes(*, user: User) -> list[str]:
    """Ten new recovery codes in groups of four; earlier ones stop working. Shown once.

    The door has asked for a fresh second factor.
    """
    OneTimeCode.objects.filter(user=user, kind=OneTimeCode.Kind.RECOVERY).delete()
    codes = [_issue(user, OneTimeCode.Kind.RECOVERY) for _ in range(HOW_MANY)]
    audit.record(StaffEvent.RECOVERY_MADE, actor=user, detail={"codes": HOW_MANY})
    return codes


def codes_left(user: User) -> int:
    """How many recovery codes are unused."""
    return OneTimeCode.objects.filter(
        user=user, kind=OneTimeCode.Kind.RECOVERY, used_at__isnull=True
    ).count()


@transaction.atomic
def spend(*, user: User, text: str) -> bool:
    """Use up a recovery code; False if it is wrong or used."""
    code = _find(user, text, OneTimeCode.Kind.RECOVERY)
    if code is None:
        return False
    code.used_at = timezone.now()
    code.save(update_fields=["used_at", "updated_at"])
    audit.record(StaffEvent.RECOVERY_USED, actor=user, detail={"left": codes_left(user)})
    return True


@transaction.atomic
def issue_enrolment(*, user: User) -> str:
    """The code that lets ``user`` set up a second factor within 24 hours; earlier ones stop."""
    forget_enrolment(user=user)
    return _issue(user, OneTimeCode.Kind.ENROLMENT, lifetime=timedelta(hours=ENROLMENT_HOURS))


@transaction.atomic
def may_enrol(*, user: User, text: str) -> bool:
    """Whether ``text`` is the user's live enrolment code. It is used up by the first good code
    of the new device, so that an enrolment that breaks off can be taken up again."""
    return _find(user, text, OneTimeCode.Kind.ENROLMENT) is not None


def enrolment_is_over(*, user: User) -> bool:
    """Whether the user's enrolment code ran out before a device was confirmed with it."""
    codes = OneTimeCode.objects.filter(user=user, kind=OneTimeCode.Kind.ENROLMENT)
    given = [code.is_live for code in codes]
    return bool(given) and not any(given)


def forget_enrolment(*, user: User) -> None:
    """No enrolment code of the user opens anything any more."""
    OneTimeCode.objects.filter(user=user, kind=OneTimeCode.Kind.ENROLMENT).delete()


def _issue(user: User, kind: str, *, lifetime: timedelta | None = None) -> str:
    code = "".join(secrets.choice(rules.CODE_LETTERS) for _ in range(rules.CODE_LENGTH))
    OneTimeCode.objects.create(
        user=user,
        kind=kind,
        digest=OneTimeCode.digest_of(user, code),
        expires_at=timezone.now() + lifetime if lifetime else None,
    )
    return rules.in_groups(code)


def _find(user: User, text: str, kind: str) -> OneTimeCode | None:
    code = rules.read_code(text)
    if not code:
        return None
    found = (
        OneTimeCode.objects.select_for_update()
        .filter(
            user=user, kind=kind, used_at__isnull=True, digest=OneTimeCode.digest_of(user, code)
        )
        .first()
    )
    return found if found and found.is_live else None
