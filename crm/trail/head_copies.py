"""Heads of the trail for people outside: mailed, time-stamped, and compared again (ADR 0033)."""

from smtplib import SMTPException
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from crm.staff.models import User
from crm.trail import selectors
from crm.trail.events import TrailEvent
from crm.trail.models import HeadCopy
from crm.trail.time_stamps import NotStamped, stamp
from privacy.audit import services as audit
from privacy.audit.anchors import Anchor
from privacy.audit.selectors import knows_head, newest_head

PROCESS: Final = "head-copies"


def mail_head() -> HeadCopy | None:
    """Mail today's head to AUDIT_HEAD_MAIL_TO, once a day. None: not asked for, or nothing sealed.

    Raises: OSError or SMTPException if the mail server does not take it; the trail knows.
    """
    head = _head_for_today(HeadCopy.Kind.MAIL) if settings.AUDIT_HEAD_MAIL_TO else None
    if head is None:
        return None
    facts: dict[str, Any] = {"head": head, "at": timezone.localtime()}
    text = "\n".join(_text(language, facts) for language in ("zh-hans", "en"))
    subject = f"Suian {head.number}, {facts['at']:%Y-%m-%d}"
    to = settings.AUDIT_HEAD_MAIL_TO
    try:
        for one in to:  # one each: they need not know of each other
            EmailMessage(subject, text, to=[one]).send()
    except (OSError, SMTPException):
        _book_failure(TrailEvent.HEAD_MAILED, HeadCopy.Kind.MAIL, head)
        raise
    return _book(
        TrailEvent.HEAD_MAILED,
        _copy(HeadCopy.Kind.MAIL, head, at=timezone.now(), recipients=len(to)),
    )


def _text(language: str, facts: dict[str, Any]) -> str:
    with override(language):
        return render_to_string("crm/trail/head_mail.txt", facts)


def stamp_head() -> HeadCopy | None:
    """Have today's head time-stamped by AUDIT_TSA_URL, once a day.

    Raises: NotStamped; the trail knows.
    """
    head = _head_for_today(HeadCopy.Kind.STAMP) if settings.AUDIT_TSA_URL else None
    if head is None:
        return None
    try:
        given = stamp(str(head).encode())
    except NotStamped:
        _book_failure(TrailEvent.HEAD_STAMPED, HeadCopy.Kind.STAMP, head)
        raise
    row = _copy(
        HeadCopy.Kind.STAMP, head, at=given.at, authority=given.authority, token=given.token
    )
    return _book(TrailEvent.HEAD_STAMPED, row)


def _head_for_today(kind: HeadCopy.Kind) -> Anchor | None:
    if HeadCopy.objects.filter(kind=kind, day=timezone.localdate()).exists():
        return None
    return newest_head()


def _copy(kind: HeadCopy.Kind, head: Anchor, **facts: Any) -> HeadCopy:
    return HeadCopy(
        kind=kind,
        day=timezone.localdate(),
        number=head.number,
        last_seq=head.last_seq,
        chain=head.chain,
        **facts,
    )


@transaction.atomic
def _book(event: TrailEvent, row: HeadCopy) -> HeadCopy:
    row.save(force_insert=True)
    detail: dict[str, str | int] = {"checkpoint": row.number, "head": row.chain[:16]}
    if row.recipients:
        detail["recipients"] = row.recipients
    audit.record(event, process=PROCESS, target=f"head:{row.kind}", detail=detail)
    return row


@transaction.atomic
def _book_failure(event: TrailEvent, kind: HeadCopy.Kind, head: Anchor) -> None:
    detail: dict[str, str | int] = {"checkpoint": head.number, "head": head.chain[:16]}
    audit.record(event, process=PROCESS, target=f"head:{kind}", outcome="failed", detail=detail)


@transaction.atomic
def compare(*, viewer: User, kept: Anchor) -> bool:
    """Whether the trail has a head that somebody kept: from a mail, a sheet or a time stamp.

    False is an alert: the tail was cut, or history was written anew.
    """
    agrees = knows_head(kept)
    audit.record(
        TrailEvent.HEAD_COMPARED,
        actor=viewer,
        outcome="ok" if agrees else "failed",
        target=f"checkpoint:{kept.number}",
        detail={"checkpoint": kept.number, "head": kept.chain[:16]},
    )
    return agrees


@transaction.atomic
def take_stamp(*, viewer: User, copy_id: UUID) -> HeadCopy | None:
    """A time stamp to be kept elsewhere, or None if there is no such stamp."""
    row = selectors.stamped_head(copy_id)
    if row:
        audit.record(TrailEvent.STAMP_TAKEN, actor=viewer, target=f"head:{row.pk}")
    return row
