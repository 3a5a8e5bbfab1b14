"""What is booked about staff and their sign-ins."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class StaffEvent(Event):
    SIGNED_IN = "staff.signed_in", Kind.SIGN_IN, _("Signed in")
    SIGN_IN_FAILED = "staff.sign_in_failed", Kind.DENIAL, _("Failed to sign in")
    SIGN_IN_THROTTLED = "staff.sign_in_throttled", Kind.DENIAL, _("Sign-in locked for a while")
    SIGNED_OUT = "staff.signed_out", Kind.SIGN_IN, _("Signed out")
    SESSION_ENDED = "staff.session_ended", Kind.CHANGE, _("Ended sessions")
    ALL_ENDED = "staff.all_ended", Kind.CHANGE, _("Ended all sessions and tokens of an account")
    FACTOR_CONFIRMED = (
        "staff.factor_confirmed",
        Kind.SIGN_IN,
        _("Showed the second factor once more"),
    )
    MOVED = "staff.session_moved", Kind.SIGN_IN, _("Went on from another network")
    FACTOR_RESET = "staff.factor_reset", Kind.CHANGE, _("Reset a second factor")
    FACTOR_SHOWN = "staff.factor_shown", Kind.CHANGE, _("Began to set up a second factor")
    FACTOR_ENROLLED = "staff.factor_enrolled", Kind.CHANGE, _("Set up a second factor")
    RECOVERY_MADE = "staff.recovery_made", Kind.PRINT, _("Made and showed recovery codes")
    RECOVERY_USED = "staff.recovery_used", Kind.SIGN_IN, _("Used a recovery code")
    PASSKEY_ADDED = "staff.passkey_added", Kind.CHANGE, _("Added a passkey")
    PASSKEY_REVOKED = "staff.passkey_revoked", Kind.CHANGE, _("Revoked a passkey")
    PASSKEY_COPIED = (
        "staff.passkey_copied",
        Kind.DENIAL,
        _("Refused a passkey that may exist twice"),
    )
    LISTED = "staff.listed", Kind.VIEW, _("Opened the staff list")
    CREATED = "staff.created", Kind.CHANGE, _("Opened a staff account")
    SUSPENDED = "staff.suspended", Kind.CHANGE, _("Suspended a staff account")
    SUPERIOR_CHANGED = (
        "staff.superior_changed",
        Kind.CHANGE,
        _("Set another superior of a colleague"),
    )
    PASSWORD_CHANGED = "staff.password_changed", Kind.CHANGE, _("Changed the own password")
    PASSWORD_RESET = "staff.password_reset", Kind.CHANGE, _("Reset a password")
    OWN_PAGE_CHANGED = "staff.settings_changed", Kind.CHANGE, _("Changed own settings")
    TOKEN_ISSUED = "staff.token_issued", Kind.CHANGE, _("Issued an API token")
    TOKEN_REFUSED = "staff.token_refused", Kind.DENIAL, _("Refused an API token")
    TOKEN_REVOKED = "staff.token_revoked", Kind.CHANGE, _("Revoked an API token")
