"""Clinics, people who work there, and what they sign in with."""

import hmac
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.oath import TOTP

from crm.staff import rules
from privacy.access.policy import Role
from privacy.encryption.fields import SystemSealedField
from privacy.encryption.keys import derive
from privacy.records import Record, RetentionClass


class Clinic(Record):
    """One site. Staff and patients belong to exactly one."""

    retention = RetentionClass.SETTINGS
    name = models.CharField(max_length=60)
    site_label = models.CharField(max_length=60, blank=True)
    visit_letter = models.CharField(max_length=1, default="B")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="one_clinic_per_name", fields=["name"]),
            models.CheckConstraint(
                name="visit_letter_is_a_letter", condition=Q(visit_letter__regex=r"^[A-Z]$")
            ),
        ]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, staff_no: str, password: str, **extra: Any) -> "User":
        user = User(staff_no=staff_no, **extra)
        user.set_password(password)
        user.save()
        return user


class User(AbstractBaseUser, Record):
    """A named member of staff: one person, one account, one role (S1, R30). No superusers."""

    retention = RetentionClass.STAFF
    staff_no = models.CharField(_("Staff number"), max_length=20, unique=True)
    display_name = models.CharField(_("Name"), max_length=40)
    role = models.CharField(_("Role"), max_length=20, choices=Role)
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="staff")
    # Who directs the person's work, if anybody does: who agrees to an export is in no line with
    # its asker or with another approver (T13).
    superior = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_active = models.BooleanField(default=True)
    single_keys = models.BooleanField(default=True)  # WCAG 2.1.4: shortcuts can be switched off

    password_changed_at = models.DateTimeField(default=timezone.now)
    # Made by the product and seen by who handed it over: good for choosing another one only.
    password_handed_over = models.BooleanField(default=False)
    # The last clinic day of clearance, or null: kept by crm.clearance, read by the policy with
    # every request. Evidence from before joined_at does not count: who comes back starts anew.
    cleared_until = models.DateField(null=True)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "staff_no"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_has_known_role", condition=Q(role__in=[role.value for role in Role])
            ),
            models.CheckConstraint(
                name="nobody_is_their_own_superior",
                condition=Q(superior=None) | ~Q(superior=F("id")),
            ),
            models.CheckConstraint(
                name="who_left_is_out",
                condition=Q(left_at=None) | Q(is_active=False, cleared_until=None),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name


class TotpDevice(Record):
    """The second factor: a time-based code, its seed sealed under the audit+auth root (R29)."""

    STEP_SECONDS: ClassVar[int] = 30
    TOLERANCE: ClassVar[int] = 1  # one step early or late: phone clocks drift

    retention = RetentionClass.STAFF
    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="totp")
    seed = SystemSealedField()
    last_step = models.BigIntegerField(default=-1)  # a code is good once
    confirmed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"TOTP of {self.user_id}"

    def generator(self, at: datetime | None = None) -> TOTP:
        """The generator set to a moment (aware; default now)."""
        field = self._meta.get_field("seed")
        if not isinstance(field, SystemSealedField):
            raise TypeError("the seed is sealed")
        totp = TOTP(bytes.fromhex(field.open(self)), step=self.STEP_SECONDS, digits=6)
        totp.time = (at or timezone.now()).timestamp()
        return totp


class OneTimeCode(Record):
    """A code for one use, as a keyed hash.

    No memory-hard hash: the codes are 80 random bits, which no speed of guessing reaches, and ten
    slow hashes an attempt would be a handle to stall the door with. The key comes from the
    audit+auth root, so that a dump alone cannot even tell whether a code is one (T5).
    """

    class Kind(models.TextChoices):
        RECOVERY = "recovery"
        ENROLMENT = "enrolment"

    retention = RetentionClass.STAFF
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="one_time_codes")
    kind = models.CharField(max_length=10, choices=Kind)
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="one_time_code_has_a_kind",
                condition=Q(kind__in=["recovery", "enrolment"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} code of {self.user_id}"

    @staticmethod
    def digest_of(user: User, code: str) -> bytes:
        """The keyed hash of one person's code, as ``rules.read_code`` gives it."""
        key = derive("audit", "auth/one-time-codes")
        return hmac.digest(key, user.pk.bytes + code.encode(), "sha256")

    @property
    def is_live(self) -> bool:
        unused = self.used_at is None
        return unused and (self.expires_at is None or self.expires_at > timezone.now())


class Passkey(Record):
    """A key pair on a member of staff's own device; here lies its public half (R29)."""

    retention = RetentionClass.STAFF
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(_("Passkey name"), max_length=40)
    credential_id = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField()
    sign_count = models.BigIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class SignInFailure(Record):
    """A failed attempt, kept for the throttle's window; the name as a hash, known or not."""

    retention = RetentionClass.STAFF
    name_hash = models.BinaryField(max_length=32)
    ip = models.GenericIPAddressField(null=True)

    class Meta:
        indexes = [models.Index(name="sign_in_failures", fields=["name_hash", "created_at"])]

    def __str__(self) -> str:
        return str(self.created_at)


class StaffSession(Record):
    """One browser at work. Of its key only a SHA-256 lies here: a dump opens no session (T5)."""

    retention = RetentionClass.STAFF
    key_hash = models.BinaryField(max_length=32, unique=True)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    data = models.TextField(blank=True)  # signed together with key_hash
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=20, blank=True)  # one of rules.End

    class Meta:
        indexes = [
            models.Index(
                name="open_sessions", fields=["user", "seen_at"], condition=Q(ended_at__isnull=True)
            ),
            models.Index(name="old_sessions", fields=["expires_at"]),
        ]

    is_current = False  # set by the selector, for the page

    def __str__(self) -> str:
        return f"session of {self.user_id}"

    @property
    def device(self) -> tuple[str, str]:
        """Browser and system, as far as the browser tells; "" for what is unknown."""
        return rules.device_of(self.agent)


class ApiToken(Record):
    """A personal token: stored as a hash, limited to scopes, with an end."""

    LONGEST: ClassVar[timedelta] = timedelta(days=90)

    retention = RetentionClass.STAFF
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("Token name"), max_length=60)
    digest = models.BinaryField(max_length=32, unique=True)
    scopes = models.JSONField(default=list)  # values of Permission; never more than the role's
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_on = models.DateField(null=True)

    def __str__(self) -> str:
        return self.name

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
