"""Who directs whose work, kept as it changes: who agrees to an export is in no line with its
asker or with another approver (T13), so an old line would bar the wrong people and pass others."""

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from crm.staff.events import StaffEvent
from crm.staff.models import Clinic, User
from crm.staff.selectors import staff_of_clinic
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError


def possible(*, person: User, actor: User) -> QuerySet[User]:
    """Who may stand above ``person``: colleagues who work here, and who stands there now.

    Raises: AccessDenied for one's own account.
    """
    _refuse_own(person, actor)
    now = Q(is_active=True) | Q(pk=person.superior_id)
    return staff_of_clinic(person).filter(now).exclude(pk=person.pk)


@transaction.atomic
def set_superior(*, person: User, superior: User | None, before: str, actor: User) -> None:
    """Put ``person`` below ``superior``, or below nobody; nothing happens if that is so already.

    In: ``before``, the key of who stood there when the form was shown, "" for nobody.
    Raises: AccessDenied for one's own account: whoever keeps accounts would choose who is kept
        apart from them; Conflict if another superior was set meanwhile; DomainError if
        ``superior`` stands below ``person``.
    """
    _refuse_own(person, actor)
    Clinic.objects.select_for_update(no_key=True).get(pk=person.clinic_id)  # a ring takes two
    person.refresh_from_db()
    old = person.superior
    if before != (f"{old.pk}" if old else ""):
        raise Conflict(_("Somebody else has set another superior meanwhile."))
    if superior == old:
        return
    # Read anew: the line above may have changed before it was this change's turn.
    if superior is not None and _stands_below(User.objects.get(pk=superior.pk), person):
        raise DomainError(_("This colleague stands below the person already."))
    person.superior = superior
    person.save(update_fields=["superior", "updated_at"])
    audit.record(
        StaffEvent.SUPERIOR_CHANGED,
        actor=actor,
        target=f"staff:{person.staff_no}",
        detail={
            "superior": superior.staff_no if superior else "",
            "before": old.staff_no if old else "",
        },
    )


def _refuse_own(person: User, actor: User) -> None:
    if person.pk == actor.pk:
        raise AccessDenied(_("Your own superior is set by somebody else."))


def _stands_below(one: User, other: User) -> bool:
    seen: set[object] = set()
    above = one.superior
    while above is not None and above.pk not in seen:
        if above.pk == other.pk:
            return True
        seen.add(above.pk)
        above = above.superior
    return False
