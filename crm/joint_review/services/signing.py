"""Signing a sheet, printing it, and checking that nothing of it was changed since."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from crm.joint_review import reading, rules, selectors
from crm.joint_review.events import ReviewEvent
from crm.joint_review.models import ReviewItem, ReviewSheet, ReviewSignature
from crm.joint_review.services.judging import side_of
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.audit.findings import Report
from privacy.audit.verification import verify_run
from privacy.errors import AccessDenied, Conflict, DomainError

AT_ONCE: Final = 50_000  # events that are verified while the page waits: about five seconds


@transaction.atomic
def sign(*, sheet_id: UUID, actor: User) -> ReviewSignature:
    """Put one side's name under the sheet's digest. The door has asked for a fresh factor.

    Raises: ReviewSheet.DoesNotExist; AccessDenied for other roles; DomainError while something is
        not judged; Conflict if the side has signed, or what the other side signed has changed.
    """
    side = side_of(actor)
    sheet = ReviewSheet.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=sheet_id)
    if sheet.items.filter(verdict="").exists():
        raise DomainError(_("Judge everything on the sheet first."))
    there = list(sheet.signatures.all())
    if any(side.value == one.side or actor.pk == one.signer_id for one in there):
        raise Conflict(_("This side has signed. The other side signs by somebody else."))
    digest = selectors.digest_of(sheet)
    if any(one.digest != digest for one in there):
        raise Conflict(_("What the other side signed has been changed since. Verify the sheet."))
    made = ReviewSignature(sheet=sheet, side=side.value, signer=actor, digest=digest)
    made.save(force_insert=True)
    audit.record(
        ReviewEvent.SIGNED,
        actor=actor,
        target=sheet.target,
        detail={"sheet": sheet.label, "side": side.value, "sha256": digest,
                "signatures": len(there) + 1},
    )  # fmt: skip
    return made


@dataclass(frozen=True, slots=True)
class Checked:
    """What a verification of a sheet saw. Each of the parts is to hold."""

    digest: str
    signed: tuple[str, ...]  # digests under which names stand
    drawn_holds: bool  # the list of events is the one the trail was told when it was drawn
    seed_holds: bool  # the seed follows from the head on the sheet, the head from the trail
    sample_holds: bool  # the random rest, drawn again, is the same
    changed: tuple[int, ...]  # numbers of items whose event is not what it was
    run: Report | None  # the trail of the period; None if it was too long to wait for

    @property
    def digest_holds(self) -> bool:
        return all(one == self.digest for one in self.signed)

    @property
    def whole(self) -> bool:
        parts = (self.digest_holds, self.drawn_holds, self.seed_holds, self.sample_holds)
        return all(parts) and not self.changed and (self.run is None or self.run.whole)


def verify(*, sheet_id: UUID, actor: User) -> Checked:
    """Compute everything anew and compare: digest, drawn list, seed, sample, events, their seals.

    Raises: ReviewSheet.DoesNotExist; AccessDenied.
    """
    if not can(actor, Permission.VERIFY_AUDIT):
        raise AccessDenied(_("Your role does not verify."))
    sheet = selectors.sheet_of(actor, sheet_id)
    items = list(sheet.items.all())
    head = reading.checkpoint(sheet.checkpoint)
    found = Checked(
        digest=selectors.digest_of(sheet),
        signed=tuple(one.digest for one in sheet.signatures.all()),
        drawn_holds=selectors.drawn_as(sheet) == selectors.list_digest(items),
        seed_holds=head is not None
        and bytes(head.chain).hex() == sheet.chain
        and bytes(head.root).hex() == sheet.root
        and seed(sheet).hex() == sheet.seed,
        sample_holds=_sample_holds(sheet, items),
        changed=reading.changed(items, sheet.since, sheet.until),
        run=_verify_run(sheet),
    )
    with transaction.atomic():
        audit.record(
            ReviewEvent.VERIFIED,
            actor=actor,
            target=sheet.target,
            outcome="ok" if found.whole else "failed",
            detail={"sheet": sheet.label, "sha256": found.digest},
        )
    return found


def seed(sheet: ReviewSheet) -> bytes:
    """The seed that the sheet's head and period ask for."""
    return rules.seed_of(
        bytes.fromhex(sheet.chain), clinic=sheet.clinic_id, kind=sheet.kind, begins=sheet.begins_on
    )


def _sample_holds(sheet: ReviewSheet, items: list[ReviewItem]) -> bool:
    """Draw the random rest again from the trail, the seed and what other grounds named."""
    named = {one.event_id for one in items if not one.is_random}
    facts = reading.facts_of(sheet.clinic_id, sheet.since, sheet.until)
    again = rules.sample(
        bytes.fromhex(sheet.seed), (one.id for one in facts if one.id not in named)
    )
    return set(again) == {one.event_id for one in items if one.is_random}


def _verify_run(sheet: ReviewSheet) -> Report | None:
    if reading.length(sheet.first_checkpoint, sheet.checkpoint) > AT_ONCE:
        return None
    return verify_run(sheet.first_checkpoint, sheet.checkpoint)


@transaction.atomic
def print_sheet(*, sheet_id: UUID, viewer: User) -> tuple[ReviewSheet, str]:
    """A sheet with its digest, for paper. Opening it is the print.

    Raises: ReviewSheet.DoesNotExist.
    """
    sheet = selectors.sheet_of(viewer, sheet_id)
    digest = selectors.digest_of(sheet)
    audit.record(ReviewEvent.PRINTED, actor=viewer, target=sheet.target, detail={"sha256": digest})
    return sheet, digest
