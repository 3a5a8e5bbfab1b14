"""The clinic's own licences: recorded, withdrawn, and what a lapsed one stops (S10)."""

from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.clearance import rules, selectors
from crm.clearance.events import ClearanceEvent
from crm.clearance.models import ClinicLicence
from crm.staff.models import User
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError


@transaction.atomic
def record_clinic_licence(
    *, kind: str, number: str, issuer: str, valid_from: date, valid_until: date, actor: User
) -> ClinicLicence:
    """Write down a licence of ``actor``'s clinic that they have compared with the original.

    In: clinic days, both of them good. A lapsed one may be recorded too: it then shows as lapsed.
    Raises: AccessDenied for other roles; DomainError if it ends before it begins; Conflict if it
        stands there already.
    """
    _may_keep(actor)
    if valid_until < valid_from:
        raise DomainError(_("The last day lies before the first."))
    try:
        with transaction.atomic():
            licence = ClinicLicence.objects.create(
                clinic=actor.clinic, kind=kind, number=number, issuer=issuer,
                valid_from=valid_from, valid_until=valid_until, recorded_by=actor,
            )  # fmt: skip
    except IntegrityError as error:
        raise Conflict(_("This licence is recorded already.")) from error
    _book(ClearanceEvent.CLINIC_LICENCE_RECORDED, licence, actor)
    return licence


@transaction.atomic
def withdraw_clinic_licence(*, licence: ClinicLicence, actor: User) -> None:
    """It counts no longer: entered wrongly, revoked, or replaced. The row stays; twice is once.

    Without another practice licence nobody is booked from this moment: what was entered wrongly is
    healed by recording the right one.
    Raises: AccessDenied for other roles.
    """
    _may_keep(actor)
    held = ClinicLicence.objects.select_for_update().get(pk=licence.pk)
    if held.withdrawn_at is not None:
        return
    held.withdrawn_at = timezone.now()
    held.save(update_fields=["withdrawn_at", "updated_at"])
    _book(ClearanceEvent.CLINIC_LICENCE_WITHDRAWN, held, actor)


def refuse_while_lapsed(*, clinic_id: UUID) -> None:
    """Nobody is booked in a clinic whose practice licence has lapsed or was withdrawn (S10).

    Who stands at the desk is received all the same, and care under way goes on.
    Raises: DomainError.
    """
    ended = selectors.lapsed_of_clinic(clinic_id).get(rules.INSTITUTION)
    if ended:
        raise DomainError(
            _("The clinic's practice licence ended on %(day)s: nobody is booked until it is "
              "renewed. Whoever comes is received all the same.")
            % {"day": f"{ended:%Y-%m-%d}"}
        )  # fmt: skip


def _may_keep(actor: User) -> None:
    if not can(actor, Permission.MANAGE_STAFF):
        raise AccessDenied(_("Your role does not keep the clinic's licences."))


def _book(event: ClearanceEvent, licence: ClinicLicence, actor: User) -> None:
    days = {"from": licence.valid_from.isoformat(), "until": licence.valid_until.isoformat()}
    audit.record(event, actor=actor, target=licence.target, detail={"kind": licence.kind, **days})
