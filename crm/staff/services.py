"""Signing in and out; accounts; second factors; tokens."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from math import ceil
from uuid import UUID

from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from crm.staff import failures, passkeys, recovery, rules, selectors, sessions
from crm.staff.api_authentication import PREFIX
from crm.staff.events import StaffEvent
from crm.staff.models import ApiToken, Clinic, SignInFailure, TotpDevice, User
from crm.staff.passkeys import Answer
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied, DomainError
from privacy.records import new_id

CODE_DIGITS = 6
EASY = "abcdefghjkmnpqrstuvwxyz23456789"  # no l, i, o, 0, 1


class SignInFailed(DomainError):
    """Nobody is signed in; ``wait``: the seconds before another try makes sense, 0 for none."""

    def __init__(self, text: str, *, wait: int = 0) -> None:
        super().__init__(text)
        self.wait = wait


class SignInRefused(SignInFailed):
    """Name, password or code is wrong; which of them is not told."""


class SignInLocked(SignInFailed):
    """Too many failures; try again later."""


class MustEnrol(DomainError):
    """Password and enrolment code are right: ``user`` has to set up a second factor first."""

    def __init__(self, user: User) -> None:
        super().__init__("a second factor is to be set up")
        self.user = user


def _name_hash(staff_no: str) -> bytes:
    return salted_hmac("suian.sign-in", staff_no.casefold(), algorithm="sha256").digest()


def sign_in(
    *, staff_no: str, password: str, code: str, ip: str | None, answer: Answer | None = None
) -> User:
    """Check password and second factor.

    In: ``code`` six digits of the app, a recovery code, or an enrolment code; or ``answer`` of a
        passkey in its place.
    Out: the account; the door starts the session.
    Raises: SignInLocked after 5 failures in 15 minutes from one address or 10 an hour in all;
        SignInRefused if anything is wrong; MustEnrol if the code is an enrolment code.
    Source: R28, R29.
    """
    name_hash = _name_hash(staff_no)
    known = User.objects.filter(staff_no=staff_no).first()
    attempt = _take_a_try(name_hash, known, ip=ip)
    user = authenticate(None, staff_no=staff_no, password=password)
    if not isinstance(user, User) or not _spend_factor(user, code, answer):
        _leave_to_enrol(user, code, attempt)
        wait = failed(attempt, known)
        raise SignInRefused(_("Staff number, password or one-time code is not right."), wait=wait)
    with transaction.atomic():
        SignInFailure.objects.filter(name_hash=name_hash, ip=ip).delete()
        audit.record(StaffEvent.SIGNED_IN, actor=user)
    return user


def _spend_factor(user: User, code: str, answer: Answer | None) -> bool:
    if answer is not None:
        return passkeys.spend(user=user, answer=answer)
    return spend_code(user=user, code=code) or recovery.spend(user=user, text=code)


def _leave_to_enrol(user: object, code: str, attempt: SignInFailure) -> None:
    """Raises: MustEnrol, and takes the attempt back, for a live enrolment code."""
    if isinstance(user, User) and recovery.may_enrol(user=user, text=code):
        attempt.delete()
        raise MustEnrol(user)


def confirm_factor(
    *,
    user: User,
    code: str,
    ip: str | None,
    answer: Answer | None = None,
    password: str | None = None,
) -> None:
    """The second factor once more, in an open session; guesses count as at the door (R28).

    In: ``password`` None where the factor is enough.
    Raises: SignInLocked after too many wrong ones; AccessDenied if anything is not right, in the
        same words for password and code.
    """
    attempt = take_a_try(user=user, ip=ip)
    known = password is None or user.check_password(password)
    if not (known and _spend_factor(user, code, answer)):
        failed(attempt, user)
        if password is not None:
            raise AccessDenied(_("Password or one-time code is not right."))
        raise AccessDenied(_("This code is not right. Wait for the next one."))
    with transaction.atomic():
        attempt.delete()
        audit.record(StaffEvent.FACTOR_CONFIRMED, actor=user)


def take_a_try(*, user: User, ip: str | None) -> SignInFailure:
    """Count an attempt at a known account as failed before it is checked; see ``_take_a_try``.

    Raises: SignInLocked, booked.
    """
    return _take_a_try(_name_hash(user.staff_no), user, ip=ip)


def _take_a_try(name_hash: bytes, known: User | None, *, ip: str | None) -> SignInFailure:
    """Count an attempt as failed before it is checked; whoever succeeds takes it back.

    Checking takes long on purpose, so a count made afterwards would let any number of guesses
    that arrive together pass. Attempts on one name stand in line here for counting alone.
    Raises: SignInLocked, booked.
    """
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            line = int.from_bytes(name_hash[:8], "big", signed=True)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [line])
        rows = SignInFailure.objects.filter(
            name_hash=name_hash, created_at__gt=now - rules.PER_NAME_WINDOW
        ).values_list("created_at", "ip")
        until = rules.locked_until(list(rows), ip=ip, now=now)
        if until is None:
            return SignInFailure.objects.create(name_hash=name_hash, ip=ip)
    failures.book(StaffEvent.SIGN_IN_THROTTLED, known, ip=ip)
    clock, wait = timezone.localtime(until).strftime("%H:%M"), ceil((until - now).total_seconds())
    raise SignInLocked(_("Too many failed attempts. Try again after %s.") % clock, wait=wait)


def failed(attempt: SignInFailure, known: User | None) -> int:
    """Let an attempt stand as failed, and book it; out: as ``failures.book``."""
    attempt.save()  # written anew if a sign-in beside it has cleared the table meanwhile
    return failures.book(StaffEvent.SIGN_IN_FAILED, known, ip=attempt.ip)


@transaction.atomic
def spend_code(*, user: User, code: str, device_id: UUID | None = None) -> bool:
    """Use up a one-time code; False if it is wrong, too early, too late or used before.

    In: ``device_id`` to enrol with: that device and no other. A device that waits for its first
        code takes none once the enrolment code has run out.
    """
    devices = TotpDevice.objects.select_for_update().filter(user=user)
    device = devices.filter(pk=device_id).first() if device_id else devices.first()
    if device is None or not (code.isascii() and code.isdigit() and len(code) == CODE_DIGITS):
        return False
    if device.confirmed_at is None and recovery.enrolment_is_over(user=user):
        return False
    step = rules.matching_step(codes_around(device), given=int(code), last_step=device.last_step)
    if step is None:
        return False
    if device.confirmed_at is None:
        recovery.forget_enrolment(user=user)
    device.last_step = step
    device.confirmed_at = device.confirmed_at or timezone.now()
    device.save(update_fields=["last_step", "confirmed_at", "updated_at"])
    return True


def codes_around(device: TotpDevice) -> list[tuple[int, int]]:
    """(step, code) for the present step and those within the tolerance."""
    found = []
    for drift in range(-device.TOLERANCE, device.TOLERANCE + 1):
        generator = device.generator()
        generator.drift = drift
        found.append((generator.t(), generator.token()))
    return found


@transaction.atomic
def book_sign_out(*, user: User) -> None:
    """Write the end of a session to the trail."""
    audit.record(StaffEvent.SIGNED_OUT, actor=user)


@transaction.atomic
def open_account(
    *, clinic: Clinic, staff_no: str, display_name: str, role: str, password: str
) -> tuple[User, str]:
    """A new account with its second factor: for setting up, where nobody is there to hand it over.

    Out: the account, and the TOTP seed in hexadecimal: shown once, stored sealed.
    Raises: DomainError if the staff number is taken, in whichever clinic.
    """
    user = _make_account(clinic, staff_no, display_name, role, password)
    seed = secrets.token_hex(20)
    TotpDevice.objects.create(id=new_id(), user=user, seed=seed)
    _book_account(user, actor=None)
    return user, seed


@transaction.atomic
def open_account_of_colleague(
    *,
    staff_no: str,
    display_name: str,
    role: str,
    password: str,
    actor: User,
    superior: User | None = None,
) -> User:
    """A new account in the actor's clinic, without a second factor; below ``superior``, if given.

    Nobody signs in to it before a security administrator hands over an enrolment code: one
    administrator alone becomes nobody else (ADR 0016).
    Raises: DomainError if the staff number is taken, in whichever clinic.
    """
    user = _make_account(actor.clinic, staff_no, display_name, role, password)
    user.superior, user.password_handed_over = superior, True
    user.save(update_fields=["superior", "password_handed_over", "updated_at"])
    _book_account(user, actor=actor)
    return user


def _make_account(
    clinic: Clinic, staff_no: str, display_name: str, role: str, password: str
) -> User:
    try:
        with transaction.atomic():
            return User.objects.create_user(
                staff_no=staff_no,
                password=password,
                display_name=display_name,
                role=role,
                clinic=clinic,
            )
    except IntegrityError as error:
        raise DomainError(_("There is an account with this staff number.")) from error


def _book_account(user: User, *, actor: User | None) -> None:
    audit.record(
        StaffEvent.CREATED,
        actor=actor,
        process="" if actor else "set-up",
        target=f"staff:{user.staff_no}",
        detail={"role": user.role},
    )


@transaction.atomic
def open_staff_list(*, viewer: User) -> Sequence[User]:
    """All accounts of the clinic; ``has_factor`` tells who can sign in. Looking is an event."""
    device = TotpDevice.objects.filter(user=OuterRef("pk"))
    staff = list(
        selectors.staff_of_clinic(viewer)
        .select_related("superior")
        .annotate(has_factor=Exists(device))
    )
    audit.record(StaffEvent.LISTED, actor=viewer, detail={"accounts": len(staff)})
    return staff


def new_password() -> str:
    """A first password to hand over: 99 random bits, easy to type."""
    return "-".join("".join(secrets.choice(EASY) for _ in range(5)) for _ in range(4))


def change_password(*, user: User, old: str, new: str, ip: str | None) -> None:
    """Replace the own password.

    Guesses of the present one count like guesses at the sign-in page: an open session at an
    unattended desk is no way round the throttle (R28).
    Raises: SignInLocked after too many wrong ones; AccessDenied if the present one is not right;
        DomainError if the new one is too weak.
    """
    attempt = take_a_try(user=user, ip=ip)
    if not user.check_password(old):
        failed(attempt, user)
        raise AccessDenied(_("The present password is not right."))
    attempt.delete()
    if new == old:
        raise DomainError(_("The new password is the present one."))
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise DomainError(" ".join(error.messages)) from error
    with transaction.atomic():
        _set_password(user, new, handed_over=False)
        audit.record(StaffEvent.PASSWORD_CHANGED, actor=user)


@transaction.atomic
def reset_password(*, user: User, actor: User) -> str:
    """A new first password for somebody who forgot theirs; ends sessions and tokens.

    The second factor stays what it was, so that the password alone opens nothing (ADR 0016).
    Out: the password, once; its owner has to choose another one right after signing in.
    Raises: AccessDenied for one's own account.
    """
    if user.pk == actor.pk:
        raise AccessDenied(_("Somebody else has to reset your password."))
    password = new_password()
    _set_password(user, password, handed_over=True)
    sessions.end_everything(user=user, actor=actor, why=rules.End.PASSWORD)
    audit.record(StaffEvent.PASSWORD_RESET, actor=actor, target=f"staff:{user.staff_no}")
    return password


def _set_password(user: User, password: str, *, handed_over: bool) -> None:
    user.set_password(password)
    user.password_changed_at, user.password_handed_over = timezone.now(), handed_over
    changed = ["password", "password_changed_at", "password_handed_over", "updated_at"]
    user.save(update_fields=changed)


@transaction.atomic
def set_single_keys(*, user: User, on: bool) -> None:
    """Switch shortcuts of a single key on or off (WCAG 2.1.4)."""
    user.single_keys = on
    user.save(update_fields=["single_keys", "updated_at"])
    audit.record(StaffEvent.OWN_PAGE_CHANGED, actor=user, detail={"single_keys": int(on)})


@transaction.atomic
def suspend_account(*, user: User, actor: User) -> None:
    """Close an account at once; its sessions and tokens stop with it. Never deleted (W14).

    Raises: AccessDenied if people try to suspend themselves.
    """
    if user.pk == actor.pk:
        raise AccessDenied(_("You cannot suspend your own account."))
    user.is_active = False
    user.save(update_fields=["is_active", "updated_at"])
    sessions.end_everything(user=user, actor=actor, why=rules.End.SUSPENDED)
    audit.record(StaffEvent.SUSPENDED, actor=actor, target=f"staff:{user.staff_no}")


@transaction.atomic
def issue_token(
    *, user: User, name: str, scopes: Iterable[Permission], lifetime: timedelta
) -> tuple[ApiToken, str]:
    """A personal API token: the secret is shown once and stored as a SHA-256 hash.

    Raises: AccessDenied for a scope that the role does not carry, or a life over 90 days.
    """
    wanted = sorted({scope.value for scope in scopes})
    if not wanted or not all(can(user, Permission(scope)) for scope in wanted):
        raise AccessDenied(_("A token cannot do more than its owner."))
    if not timedelta(0) < lifetime <= ApiToken.LONGEST:
        raise AccessDenied(_("A token lives 90 days at most."))
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name,
        digest=sha256(secret.encode()).digest(),
        scopes=wanted,
        expires_at=timezone.now() + lifetime,
    )
    audit.record(
        StaffEvent.TOKEN_ISSUED,
        actor=user,
        target=f"token:{token.pk}",
        detail={"scopes": " ".join(wanted)},
    )
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: User) -> None:
    """Stop a token for good."""
    token.revoked_at = token.revoked_at or timezone.now()
    token.save(update_fields=["revoked_at", "updated_at"])
    audit.record(StaffEvent.TOKEN_REVOKED, actor=actor, target=f"token:{token.pk}")


def forget_old_failures(*, now: datetime) -> int:
    """Delete attempts that no window looks at any more; returns how many."""
    deleted, _by_model = SignInFailure.objects.filter(
        created_at__lt=now - rules.PER_NAME_WINDOW
    ).delete()
    return deleted
