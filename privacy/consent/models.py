"""The ledger of what patients allowed, word for word, and its present state."""

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from privacy.consent.rules import ENDED, Answer, Standing
from privacy.pseudonyms.models import Subject
from privacy.records import Record, RetentionClass


class Purpose(models.TextChoices):
    """What contact, or use of data, is for. Each is asked for alone (R4)."""

    FOLLOW_UP = "follow_up", _("Follow-up reminders")
    SATISFACTION = "satisfaction", _("Satisfaction survey")
    EDUCATION = "education", _("Health education")
    MARKETING = "marketing", _("News of the clinic")
    RESEARCH = "research", _("Research and teaching")
    RECORDING = "recording", _("Call recording")


class Channel(models.TextChoices):
    """How contact is made; ``none`` for purposes that send nothing."""

    SMS = "sms", _("SMS")
    CALL = "call", _("Call from a virtual number")
    WECOM = "wecom", _("WeCom")
    NONE = "none", _("No contact")


# The cells that the consent desk asks for, in the order of the screen.
CELLS: tuple[tuple[Purpose, Channel], ...] = (
    (Purpose.FOLLOW_UP, Channel.SMS),
    (Purpose.FOLLOW_UP, Channel.CALL),
    (Purpose.FOLLOW_UP, Channel.WECOM),
    (Purpose.SATISFACTION, Channel.SMS),
    (Purpose.EDUCATION, Channel.SMS),
    (Purpose.MARKETING, Channel.SMS),
    (Purpose.RESEARCH, Channel.NONE),
    (Purpose.RECORDING, Channel.CALL),
)


class Manner(models.TextChoices):
    """How the answer was given."""

    OWN_SCREEN = "own_screen", _("On the patient's own screen")
    SIGNATURE = "signature", _("Signed on paper or tablet")
    SPOKEN = "spoken", _("Said at the desk")
    RECORDED = "recorded", _("Recorded voice")


class ConsentText(Record):
    """What the patient is shown before answering; a change of meaning is a new version (R5, R6)."""

    retention = RetentionClass.CONSENT
    purpose = models.CharField(max_length=20, choices=Purpose)
    language = models.CharField(max_length=10)
    version = models.PositiveIntegerField()
    body = models.TextField()
    sha256 = models.CharField(max_length=64, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_consent_text_per_version", fields=["purpose", "language", "version"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version} ({self.language})"

    def save(self, *args: object, **kwargs: object) -> None:
        self.sha256 = sha256(self.body.encode()).hexdigest()
        super().save(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature


class ConsentStateQuerySet(models.QuerySet["ConsentState"]):
    def locked_for_sending(self, subject_ids: Iterable[UUID]) -> list["ConsentState"]:
        """The cells of these patients, locked FOR SHARE until the transaction ends.

        A withdrawal takes the same rows FOR UPDATE: it waits for a hand-over in progress, and
        every hand-over after it sees it (400 races: 0 late, against 243 without the lock).
        """
        return list(
            self.model.objects.raw(
                "SELECT * FROM privacy_consentstate WHERE subject_id = ANY(%s) "
                "ORDER BY id FOR SHARE",
                [list(subject_ids)],
            )
        )


class ConsentState(Record):
    """The present answer for one purpose over one channel: a projection of the ledger."""

    retention = RetentionClass.CONSENT
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="consent_states")
    purpose = models.CharField(max_length=20, choices=Purpose)
    channel = models.CharField(max_length=10, choices=Channel)
    status = models.CharField(
        max_length=10, choices=[(answer.value, answer.value) for answer in Answer]
    )
    paused_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    objects = ConsentStateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_consent_cell", fields=["subject", "purpose", "channel"]
            ),
            models.CheckConstraint(
                name="consent_pause_end_only_when_paused",
                condition=Q(paused_until__isnull=True) | Q(status=Answer.PAUSED),
            ),
        ]

    @property
    def standing(self) -> Standing:
        """Its values, for the rules."""
        return Standing(self.status, self.paused_until, self.expires_at)

    def __str__(self) -> str:
        return f"{self.purpose}/{self.channel}: {self.status}"


class ConsentEntry(Record):
    """One line of the ledger. The app's database role may add lines and nothing else."""

    retention = RetentionClass.CONSENT
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="consent_entries")
    purpose = models.CharField(max_length=20, choices=Purpose)
    channel = models.CharField(max_length=10, choices=Channel)
    answer = models.CharField(  # or ENDED, which the patient did not say
        max_length=10, choices=[(one, one) for one in (*(one.value for one in Answer), ENDED)]
    )
    paused_until = models.DateTimeField(null=True)
    text = models.ForeignKey(ConsentText, null=True, on_delete=models.PROTECT, related_name="+")
    text_sha256 = models.CharField(max_length=64, blank=True)
    manner = models.CharField(max_length=12, choices=Manner, blank=True)
    # The patient agreed by themselves: nobody had asked, because a no of theirs rested (R8).
    unasked = models.BooleanField(default=False)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="consent_grant_names_its_text",
                condition=~Q(answer=Answer.GRANTED) | Q(text__isnull=False),
            ),
            models.CheckConstraint(
                name="consent_unasked_is_a_yes",
                condition=Q(unasked=False) | Q(answer=Answer.GRANTED),
            ),
            models.CheckConstraint(
                name="consent_end_is_nobodys_answer",
                condition=Q(answer=ENDED, manner="", operator=None, text=None)
                | ~Q(answer=ENDED) & ~Q(manner=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose}/{self.channel}: {self.answer}"
