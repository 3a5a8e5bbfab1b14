"""Setting up a second factor: for a new member of staff, and after a reset (R29)."""

import secrets
from base64 import b32encode
from typing import Final
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from crm.staff import recovery, services, sessions
from crm.staff.events import StaffEvent
from crm.staff.models import TotpDevice, User
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.errors import AccessDenied, DomainError
from privacy.records import new_id

AT_SERVER: Final = "enrolment_code"  # the command's name


@transaction.atomic
def reset(*, user: User, actor: User) -> str:
    """Take away every second factor; ends sessions and tokens. Out: the enrolment code, once.

    Raises: AccessDenied for one's own account: two people do this, or one stolen session would.
    """
    if user.pk == actor.pk:
        raise AccessDenied(_("Somebody else has to reset your second factor."))
    return _invite(user, actor)


@transaction.atomic
def reset_at_server(*, staff_no: str) -> str:
    """The same for the first or the only security administrator, whom no colleague can help.

    Raises: DomainError for any other account, and where such a colleague with a second factor is.
    """
    guards = User.objects.filter(role=Role.SECURITY_ADMIN, is_active=True)
    user = guards.filter(staff_no=staff_no).first()
    if user is None:
        raise DomainError(_("There is no security administrator with this staff number."))
    others = guards.filter(clinic_id=user.clinic_id).exclude(pk=user.pk)
    if others.filter(totp__confirmed_at__isnull=False).exists():
        raise DomainError(_("Another security administrator can reset this second factor."))
    return _invite(user, None, process=AT_SERVER)


def drop_factors(*, user: User) -> None:
    """Forget every second factor of an account; part of an act that is booked by its caller."""
    TotpDevice.objects.filter(user=user).delete()
    user.one_time_codes.all().delete()
    user.passkeys.all().delete()


def _invite(user: User, actor: User | None, *, process: str = "") -> str:
    sessions.end_everything(user=user, actor=actor, process=process)
    drop_factors(user=user)
    code = recovery.issue_enrolment(user=user)
    audit.record(
        StaffEvent.FACTOR_RESET,
        actor=actor,
        process=process,
        clinic=None if actor else user.clinic_id,
        target=f"staff:{user.staff_no}",
    )
    return code


@transaction.atomic
def begin(*, user: User) -> TotpDevice:
    """A new, unconfirmed device; its seed is shown on the enrolment page alone, stored sealed.

    One that was begun before is gone, and with it what its session could see.
    """
    TotpDevice.objects.filter(user=user).delete()
    device = TotpDevice.objects.create(id=new_id(), user=user, seed=secrets.token_hex(20))
    audit.record(StaffEvent.FACTOR_SHOWN, actor=user)
    return device


def secret_of(device: TotpDevice) -> str:
    """The seed as an app takes it by hand: base32 in groups of four."""
    secret = b32encode(device.generator().key).decode()
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def confirm(*, device: TotpDevice, code: str, ip: str | None) -> None:
    """The first good code of the new device: the enrolment is done, the person signed in.

    Raises: SignInLocked, AccessDenied; wrong codes count as at the sign-in page (R28).
    """
    user = device.user
    attempt = services.take_a_try(user=user, ip=ip)
    with transaction.atomic():
        enrolled = services.spend_code(user=user, code=code, device_id=device.pk)
        if enrolled:
            attempt.delete()
            audit.record(StaffEvent.FACTOR_ENROLLED, actor=user)
            audit.record(StaffEvent.SIGNED_IN, actor=user)
    if not enrolled:
        services.failed(attempt, user)
        raise AccessDenied(_("This code is not right. Wait for the next one."))


def waiting(device_id: str) -> TotpDevice | None:
    """The device that was begun under this id, while its person may confirm it; else None."""
    if not device_id:
        return None
    begun = TotpDevice.objects.filter(confirmed_at__isnull=True, user__is_active=True)
    device = begun.select_related("user__clinic").filter(pk=device_id).first()
    return None if device is None or recovery.enrolment_is_over(user=device.user) else device


def uri_of(device: TotpDevice) -> str:
    """What an authenticator app scans."""
    issuer = settings.OTP_TOTP_ISSUER
    query = {"secret": b32encode(device.generator().key).decode(), "issuer": issuer}
    query["period"] = str(TotpDevice.STEP_SECONDS)
    return f"otpauth://totp/{quote(f'{issuer}:{device.user.staff_no}')}?{urlencode(query)}"
