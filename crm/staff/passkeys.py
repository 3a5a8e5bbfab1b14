"""Passkeys: a second factor that a false page cannot talk out of its owner (R29, ADR 0017)."""

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from crm.staff import rules
from crm.staff.events import StaffEvent
from crm.staff.models import Passkey, User
from privacy.audit import services as audit
from privacy.errors import AccessDenied, DomainError

MOST: Final = 10  # passkeys of one account
CHALLENGE_SECONDS: Final = 300
LONGEST_ANSWER: Final = 20_000
# What malformed input makes the library and its parsers raise besides its own exceptions.
BROKEN: Final = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, RecursionError)


@dataclass(frozen=True, slots=True)
class Site:
    """Who asks: the host's name, and scheme with host and port."""

    rp_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser sent, and the challenge that this session had asked with (b"" if none)."""

    text: str
    challenge: bytes
    site: Site


def registration_options(*, user: User, site: Site, challenge: bytes) -> str:
    """JSON for ``navigator.credentials.create``: kept on the device, opened by PIN or body only."""
    known = [PublicKeyCredentialDescriptor(id=bytes(one.credential_id)) for one in live_of(user)]
    options = generate_registration_options(
        rp_id=site.rp_id,
        rp_name="Suian",
        user_id=user.pk.bytes,
        user_name=user.staff_no,
        user_display_name=user.staff_no,  # no name of a person leaves for a phone's key chain
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=known,
    )
    return options_to_json(options)


def assertion_options(*, site: Site, challenge: bytes) -> str:
    """JSON for ``navigator.credentials.get``; the same for everybody, so it tells nothing (T18)."""
    options = generate_authentication_options(
        rp_id=site.rp_id,
        challenge=challenge,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def live_of(user: User) -> QuerySet[Passkey]:
    """The passkeys that still work, the newest first."""
    return Passkey.objects.filter(user=user, revoked_at__isnull=True).order_by("-created_at")


@transaction.atomic
def register(*, user: User, name: str, answer: Answer) -> Passkey:
    """Keep a new passkey; the door has asked for a fresh second factor.

    Raises: DomainError if the answer does not fit what this session asked, if the device did not
        verify the person, if the passkey is known, or for more than ten.
    """
    if live_of(user).count() >= MOST:
        raise DomainError(_("Ten passkeys are enough: revoke one first."))
    if not _once(answer):
        raise DomainError(_("The passkey could not be taken. Begin once more."))
    try:
        found = verify_registration_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=answer.site.rp_id,
            expected_origin=answer.site.origin,
            require_user_verification=True,
        )
        with transaction.atomic():
            passkey = Passkey.objects.create(
                user=user,
                name=name,
                credential_id=found.credential_id,
                public_key=found.credential_public_key,
                sign_count=found.sign_count,
            )
    except (*BROKEN, IntegrityError) as error:
        raise DomainError(_("The passkey could not be taken. Begin once more.")) from error
    audit.record(StaffEvent.PASSKEY_ADDED, actor=user, target=f"passkey:{passkey.pk}")
    return passkey


@transaction.atomic
def spend(*, user: User, answer: Answer) -> bool:
    """Whether this is a good answer of one of the user's passkeys, never seen before.

    A counter that does not move on means two devices hold the key: refused and booked.
    """
    if not _once(answer):
        return False
    try:
        raw_id = base64url_to_bytes(str(json.loads(answer.text)["rawId"]))
        passkey = live_of(user).select_for_update().get(credential_id=raw_id)
        found = verify_authentication_response(
            credential=answer.text,
            expected_challenge=answer.challenge,
            expected_rp_id=answer.site.rp_id,
            expected_origin=answer.site.origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=0,  # judged below, where it can be told apart
            require_user_verification=True,
        )
    except (*BROKEN, Passkey.DoesNotExist):
        return False
    if not rules.count_moves_on(passkey.sign_count, found.new_sign_count):
        counts = {"known": passkey.sign_count, "shown": found.new_sign_count}
        audit.record_denial(
            event=StaffEvent.PASSKEY_COPIED,
            actor=user,
            target=f"passkey:{passkey.pk}",
            detail=counts,
        )
        return False
    passkey.sign_count, passkey.last_used_at = found.new_sign_count, timezone.now()
    passkey.save(update_fields=["sign_count", "last_used_at", "updated_at"])
    return True


@transaction.atomic
def revoke(*, user: User, passkey_id: UUID) -> None:
    """Stop one of the own passkeys for good. Raises: AccessDenied if there is no such live one."""
    passkey = live_of(user).filter(pk=passkey_id).first()
    if passkey is None:
        raise AccessDenied(_("There is no such passkey."))
    passkey.revoked_at = timezone.now()
    passkey.save(update_fields=["revoked_at", "updated_at"])
    audit.record(StaffEvent.PASSKEY_REVOKED, actor=user, target=f"passkey:{passkey.pk}")


def _once(answer: Answer) -> bool:
    """Whether the challenge is this session's and nobody has answered it before."""
    if not answer.challenge or len(answer.text) > LONGEST_ANSWER:
        return False
    # The session forgets it as well, but of two requests at once both would still see it there.
    return bool(cache.add(f"passkey:{answer.challenge.hex()}", 1, 2 * CHALLENGE_SECONDS))
