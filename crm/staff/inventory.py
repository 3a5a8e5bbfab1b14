"""What is held about staff, and what they sign in with (R29, R30)."""

from django.utils.translation import gettext_lazy as _

from crm.staff.models import (
    ApiToken,
    Clinic,
    OneTimeCode,
    Passkey,
    SignInFailure,
    StaffSession,
    TotpDevice,
    User,
)
from privacy.inventory import STATE, WHEN, Basis, c0, c1, c2, c3, of

_ACCOUNT = _("To which account it belongs")
_HASHED = _("Only a hash or a public half is held; nothing can be opened with it")
_ONE_WAY = _("To recognise a secret without holding it")
_ORIGIN = _("From where somebody signed in")
_NAME = _("To tell one's own devices and programs apart")

TABLES = (
    of(
        Clinic,
        Basis.NONE,
        c0(_("Name and site of the clinic, its letter for visit codes"),
           "name", "site_label", "visit_letter"),
    ),
    of(
        User,
        Basis.STAFF,
        c2(_("Who a member of staff is"), "staff_no", "display_name"),
        c1(_("What the person may do, and where"), "role", "clinic", "superior", "is_active"),
        c1(_("How the person likes to work"), "single_keys"),
        c3(_ONE_WAY, "password", plain=_HASHED),
        c1(WHEN, "last_login", "password_changed_at", "joined_at", "left_at"),
        c1(STATE, "password_handed_over"),
        c1(_("Until when the person may see more than codes"), "cleared_until"),
    ),
    of(
        TotpDevice,
        Basis.SECURITY,
        c1(_ACCOUNT, "user"),
        c3(_("To check one-time codes"), "seed"),
        c1(STATE, "last_step", "confirmed_at"),
    ),
    of(
        OneTimeCode,
        Basis.SECURITY,
        c1(_ACCOUNT, "user", "kind"),
        c3(_ONE_WAY, "digest", plain=_HASHED),
        c1(WHEN, "expires_at", "used_at"),
    ),
    of(
        Passkey,
        Basis.SECURITY,
        c1(_ACCOUNT, "user"),
        c1(_NAME, "name"),
        c3(_ONE_WAY, "credential_id", "public_key", plain=_HASHED),
        c1(STATE, "sign_count"),
        c1(WHEN, "last_used_at", "revoked_at"),
    ),
    of(
        ApiToken,
        Basis.SECURITY,
        c1(_ACCOUNT, "user"),
        c1(_NAME, "name"),
        c1(_("What the person may do, and where"), "scopes"),
        c3(_ONE_WAY, "digest", plain=_HASHED),
        c1(WHEN, "expires_at", "revoked_at", "last_used_on"),
    ),
    of(
        SignInFailure,
        Basis.SECURITY,
        c1(_("To lock a door that somebody guesses at"), "name_hash"),
        c1(_ORIGIN, "ip"),
    ),
    of(
        StaffSession,
        Basis.SECURITY,
        c1(_ACCOUNT, "user"),
        c3(_ONE_WAY, "key_hash", plain=_HASHED),
        c1(STATE, "data", "end_reason"),
        c1(_ORIGIN, "ip", "agent"),
        c1(WHEN, "started_at", "seen_at", "expires_at", "ended_at"),
    ),
)  # fmt: skip
