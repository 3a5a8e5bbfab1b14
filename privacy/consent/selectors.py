"""Asking what a patient allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from privacy.consent.models import (
    CELLS,
    Channel,
    ConsentEntry,
    ConsentState,
    ConsentText,
    Purpose,
)
from privacy.consent.rules import Answer, has_expired, holds
from privacy.consent.texts import MATERIAL_FROM
from privacy.receipts import SubjectRef


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of the consent desk: what is asked, and the last answer if there is one."""

    purpose: Purpose
    channel: Channel
    state: ConsentState | None
    text: ConsentText | None

    @property
    def key(self) -> str:
        return f"{self.purpose.value}-{self.channel.value}"

    @property
    def allows(self) -> bool:
        """Whether contact is allowed at this instant."""
        return state_allows(self.state)

    @property
    def expired(self) -> bool:
        """Whether a consent has ended by itself, as its text said, and may be asked for anew."""
        return self.state is not None and has_expired(self.state.expires_at, timezone.now())


def state_allows(state: ConsentState | None) -> bool:
    """Whether a cell's present state allows contact now; no state, no contact."""
    return state is not None and holds(
        status=state.status,
        paused_until=state.paused_until,
        expires_at=state.expires_at,
        now=timezone.now(),
    )


def has_consent(subject: SubjectRef, purpose: Purpose, channel: Channel) -> bool:
    """Whether the patient agrees now. For screens; sending asks again under a lock."""
    state = ConsentState.objects.filter(
        subject_id=subject.pk, purpose=purpose, channel=channel
    ).first()
    return state_allows(state)


def channels_agreed(subjects: Iterable[UUID], purpose: Purpose) -> dict[UUID, list[Channel]]:
    """Over which channels each of these patients agrees now, in the order of the consent desk; who
    agrees to none is left out. For screens; sending asks again under a lock."""
    states = ConsentState.objects.filter(subject_id__in=list(subjects), purpose=purpose)
    now: dict[UUID, set[str]] = {}
    for state in states:
        if state_allows(state):
            now.setdefault(state.subject_id, set()).add(state.channel)
    return {key: [one for one in Channel if one in held] for key, held in now.items()}


def subjects_allowing(purpose: Purpose, channel: Channel) -> QuerySet[ConsentState, UUID]:
    """Keys of all who agree now, for use inside another query; the same rule as ``holds``."""
    now = timezone.now()
    agreed = Q(status=Answer.GRANTED) | Q(status=Answer.PAUSED, paused_until__lte=now)
    in_force = Q(expires_at=None) | Q(expires_at__gt=now)
    cells = ConsentState.objects.filter(agreed, in_force, purpose=purpose, channel=channel)
    return cells.values_list("subject_id", flat=True)


def outdated() -> QuerySet[ConsentState]:
    """Consents that stand and were given on words that mean something else now (R6)."""
    if not MATERIAL_FROM:
        return ConsentState.objects.none()
    grants = ConsentEntry.objects.filter(
        subject_id=OuterRef("subject_id"),
        purpose=OuterRef("purpose"),
        channel=OuterRef("channel"),
        answer=Answer.GRANTED,
    )
    version = Subquery(grants.order_by("-created_at", "-pk").values("text__version")[:1])
    old = Q()
    for purpose, first in MATERIAL_FROM.items():
        old |= Q(purpose=purpose, given_on__lt=first)
    standing = ConsentState.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
        status__in=[Answer.GRANTED, Answer.PAUSED],
    )
    return standing.annotate(given_on=version).filter(old)


def consent_text(purpose: Purpose, language: str) -> ConsentText | None:
    """The newest text of a purpose, in ``language`` or else in Chinese."""
    texts = ConsentText.objects.filter(purpose=purpose).order_by("-version")
    return texts.filter(language=language).first() or texts.filter(language="zh-hans").first()


def cells_of(subject: SubjectRef, language: str) -> list[Cell]:
    """All cells of the consent desk with their last answers, in two statements."""
    states = {
        (state.purpose, state.channel): state
        for state in ConsentState.objects.filter(subject_id=subject.pk)
    }
    texts: dict[str, ConsentText] = {}
    for text in ConsentText.objects.order_by("version"):
        if text.language == language or text.purpose not in texts:
            texts[text.purpose] = text
    return [
        Cell(purpose, channel, states.get((purpose, channel)), texts.get(purpose))
        for purpose, channel in CELLS
    ]


def ledger_of(subject: SubjectRef) -> list[ConsentEntry]:
    """The patient's ledger, newest first."""
    return list(
        ConsentEntry.objects.filter(subject_id=subject.pk)
        .select_related("text", "operator")
        .order_by("-created_at", "-pk")
    )
