"""The one download, the one look at the password, and the end of both."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy.access.policy import Permission, can
from privacy.actors import Actor
from privacy.audit import services as audit
from privacy.errors import AccessDenied, DomainError
from privacy.exports import files, rules, selectors
from privacy.exports.events import ExportEvent
from privacy.exports.models import Export, password_of
from privacy.exports.services.deciding import book, close, locked

State = Export.State


class Gone(DomainError):
    """There was one download, or one look, and it is over."""


class Tampered(DomainError):
    """The file on the disk is not the one that was built."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A file for one download; on the disk it exists no more."""

    name: str
    content: bytes


def download(*, export: Export, actor: Actor) -> Handed:
    """The file, once. It is booked, and destroyed here, before the first byte leaves.

    Raises: AccessDenied for anybody but the requester; Gone the second time, after the day, or if
        the file is lost; Tampered if it is not what was built: then it is destroyed unseen.
    """
    handed, fault = _take(export, actor)
    if handed is None:
        raise fault
    return handed


@transaction.atomic
def _take(export: Export, actor: Actor) -> tuple[Handed | None, DomainError]:
    held = locked(export.pk)
    _refuse_others(held, actor)
    now = timezone.now()
    gone = Gone(_("This file could be downloaded once, within 24 hours. It exists no more."))
    if not rules.is_downloadable(held.state, held.available_until, now=now):
        book(ExportEvent.DOWNLOADED, held, actor=actor, outcome="denied")
        return None, gone
    content = files.read(held.pk)
    if content is None or sha256(content).hexdigest() != held.sha256:
        close(held, State.FAILED, failure=Export.Failure.TAMPERED)
        book(ExportEvent.TAMPERED, held, actor=actor, outcome="failed",
             found="" if content is None else sha256(content).hexdigest())  # fmt: skip
        words = _("The file is not what was built. It was destroyed; the trail has noted it.")
        return None, Tampered(words)
    held.state, held.downloaded_at = State.DOWNLOADED, now
    held.save(update_fields=["state", "downloaded_at", "updated_at"])
    book(ExportEvent.DOWNLOADED, held, actor=actor, bytes=len(content), sha256=held.sha256)
    export_id = held.pk
    transaction.on_commit(lambda: files.remove(export_id))
    return Handed(f"{held.code}{files.WHOLE}", content), gone


@transaction.atomic
def show_password(*, export: Export, actor: Actor) -> str:
    """The password, once, after the download; with it the last key to the file is destroyed here.

    Raises: AccessDenied for anybody but the requester; Gone before the download, the second time
        and after the day.
    """
    held = locked(export.pk)
    _refuse_others(held, actor)
    late = held.available_until is None or held.available_until <= timezone.now()
    if held.state != State.DOWNLOADED or late:
        raise Gone(_("The password is shown once, after the download and within 24 hours."))
    password = password_of(held)
    held.password_shown_at = timezone.now()
    close(held, State.DESTROYED)
    book(ExportEvent.PASSWORD_SHOWN, held, actor=actor)
    book(ExportEvent.DESTROYED, held, actor=actor)
    return password


def destroy_run_out() -> int:
    """Destroy file and key of what has run out, and files that nobody owns.

    Returns how many exports have ended by it.

    Carried out by the clock, in the installation's own name.
    """
    done = 0
    for export_id in selectors.run_out(timezone.now()).values_list("pk", flat=True):
        with transaction.atomic():
            held = locked(export_id)
            if held.state in {State.READY, State.DOWNLOADED}:
                close(held, State.DESTROYED)
                book(ExportEvent.DESTROYED, held)
            elif held.state in {State.APPROVED, State.BUILDING}:
                close(held, State.FAILED, failure=Export.Failure.TOO_LATE)
                book(ExportEvent.FAILED, held, outcome="failed")
            else:
                continue
        done += 1
    files.sweep(selectors.with_files)
    return done


def _refuse_others(held: Export, actor: Actor) -> None:
    if held.requester_id == actor.pk and can(actor, Permission.REQUEST_EXPORT):
        return
    audit.record_denial(actor=actor, target=held.target)
    raise AccessDenied(_("Only who asked takes the file and its password."))
