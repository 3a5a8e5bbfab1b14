"""Break-glass: looking first and answering for it afterwards (T19)."""

from datetime import timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.access_requests import rules, selectors
from crm.access_requests.events import BreakGlassEvent
from crm.access_requests.models import AccessRequest, BreakGlassLift, BreakGlassVerdict
from crm.access_requests.services.deciding import make_room
from crm.patients.models import Patient
from crm.patients.selectors import patient_out_of_reach, patients_visible_to
from crm.patients.services.viewing import book_asked_in_vain
from crm.staff.models import User
from crm.templatetags.suian import moment
from privacy.access.caps import CAP_REACHED
from privacy.access.policy import Permission, can
from privacy.audit import services as audit
from privacy.errors import AccessDenied, Conflict, DomainError, TooMany
from privacy.records import new_id

# Why the trail says that somebody was refused.
SUSPENDED: Final = "break_glass_suspended"
UNJUDGED: Final = "break_glass_unjudged"


def break_glass(*, actor: User, code: str, reason: str) -> AccessRequest:
    """Open one patient to ``actor`` for 30 minutes, at once.

    The door has asked for a fresh second factor. Care team and quality control see it at once.
    Raises: AccessDenied for roles that may not, and while the right is suspended or rests until an
        earlier use is judged (booked);
        TooMany after five uses within a day (booked);
        DomainError for a reason under 20 characters, for a patient seen anyway, and for a code
        that is nobody's here (booked like any asking in vain).
    """
    reason = reason.strip()
    if not can(actor, Permission.BREAK_GLASS):
        raise AccessDenied(_("Only doctors and nurses break the glass."))
    if not rules.SHORTEST_EMERGENCY <= len(reason) <= rules.LONGEST_TEXT:
        raise DomainError(_("Say in at least 20 characters what the emergency is."))
    _refuse_resting(actor)
    patient = selectors.patients_of_clinic(actor, [code]).get(code)
    if patient is None:
        elsewhere = patient_out_of_reach(code)
        book_asked_in_vain(staff=actor, target=f"patient:{code}", patient=elsewhere)
        raise DomainError(_("No patient of this clinic has this code. Check it."))
    return _open(actor, patient, reason)


def why_it_rests(person: User) -> tuple[str, str] | None:
    """Why ``person`` cannot break the glass now: a code for the trail, and the words; None if
    they can. Either three unjustified uses, or one that had no verdict within 24 hours (T19)."""
    if selectors.is_suspended(person):
        return SUSPENDED, _(
            "Break-glass is suspended for you after three unjustified uses. The security "
            "administrator can give it back."
        )
    if use := selectors.overdue_use_of(person):
        words = _(
            "Your use of break-glass at %(at)s has had no verdict for more than 24 hours. Until "
            "quality control has judged it, or the security administrator gives the right back, "
            "ask the care team for access."
        )
        return UNJUDGED, words % {"at": moment(use.asked_at)}
    return None


def _refuse_resting(actor: User) -> None:
    if found := why_it_rests(actor):
        code, words = found
        audit.record_denial(actor=actor, target="access:break-glass", reason=code)
        raise AccessDenied(words)


def _refuse_harvest(actor: User) -> None:
    if selectors.uses_since(actor, timezone.now() - timedelta(days=1)) >= rules.MOST_USES:
        audit.record_denial(actor=actor, target="access:break-glass", reason=CAP_REACHED)
        raise TooMany(
            _("You have broken the glass %(n)d times within a day. Ask the care team for access.")
            % {"n": rules.MOST_USES}
        )


@transaction.atomic
def _open(actor: User, patient: Patient, reason: str) -> AccessRequest:
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=actor.pk)
    _refuse_resting(actor)  # again under the lock: a verdict may have come meanwhile
    _refuse_harvest(actor)
    if patients_visible_to(actor).filter(pk=patient.pk).exists():
        raise DomainError(_("You see this patient already."))
    now = timezone.now()
    make_room(staff=actor, patient_id=patient.pk, now=now)
    end = now + rules.BREAK_GLASS
    made = AccessRequest.objects.create(
        batch=new_id(),
        kind=AccessRequest.Kind.BREAK_GLASS,
        clinic_id=actor.clinic_id,
        staff=actor,
        code=patient.code,
        patient=patient,
        reason=reason,
        asked_at=now,
        wanted_until=end,
        state=AccessRequest.State.APPROVED,
        until=end,
        decided_at=now,
    )
    audit.record(
        BreakGlassEvent.USED,
        actor=actor,
        subjects=[patient],
        reason=reason,
        target=made.target,
        detail={"minutes": int(rules.BREAK_GLASS.total_seconds() // 60)},
    )
    return made


@transaction.atomic
def judge(*, use: AccessRequest, actor: User, justified: bool, words: str) -> BreakGlassVerdict:
    """Say of one use whether it was justified; a verdict is given once and stays.

    Raises: AccessDenied for other roles than quality control, another clinic, and for one's own
        use; DomainError without words of at least 10 characters; Conflict if it has been judged.
    """
    words = words.strip()
    theirs = use.staff_id != actor.pk and use.clinic_id == actor.clinic_id
    if not can(actor, Permission.JUDGE_BREAK_GLASS) or not theirs:
        raise AccessDenied(_("Quality control judges, and nobody their own use."))
    if not rules.SHORTEST_REASON <= len(words) <= rules.LONGEST_TEXT:
        raise DomainError(_("Say in at least 10 characters what was found."))
    try:
        with transaction.atomic():
            verdict = BreakGlassVerdict.objects.create(
                request=use, judge=actor, justified=justified, words=words
            )
    except IntegrityError as error:
        raise Conflict(_("Somebody else has judged this use.")) from error
    audit.record(
        BreakGlassEvent.JUDGED,
        actor=actor,
        subjects=[use.patient] if use.patient else [],
        reason=words,
        target=use.target,
        detail={
            "staff": use.staff.staff_no,
            "justified": int(justified),
            "overdue": int(rules.is_overdue(use.asked_at, now=timezone.now())),
        },
    )
    return verdict


@transaction.atomic
def lift_suspension(*, person: User, actor: User, reason: str) -> BreakGlassLift:
    """Give somebody back the right to break the glass: after three strikes, or where a use found no
    verdict within 24 hours. That one stays to be judged, and strikes go on counting.

    Anybody's use may be without a judge: quality control judges none that was of themselves as
    patients, and nobody is told whether that is why (T1).
    Raises: AccessDenied for other roles and for oneself; Conflict if the right does not rest;
        DomainError without a reason of at least 10 characters.
    """
    reason = reason.strip()
    if not can(actor, Permission.LIFT_SUSPENSION) or person.pk == actor.pk:
        raise AccessDenied(_("The security administrator gives it back, never to themselves."))
    if not rules.SHORTEST_REASON <= len(reason) <= rules.LONGEST_TEXT:
        raise DomainError(_("Say in at least 10 characters why it is given back."))
    User.objects.select_for_update(no_key=True, of=("self",)).get(pk=person.pk)
    found = why_it_rests(person)
    if found is None:
        raise Conflict(_("Break-glass is not suspended for this person."))
    unjudged = found[0] == UNJUDGED
    lift = BreakGlassLift.objects.create(
        staff=person, lifted_by=actor, unjudged=unjudged, reason=reason
    )
    audit.record(
        BreakGlassEvent.LIFTED,
        actor=actor,
        reason=reason,
        target=f"staff:{person.staff_no}",
        detail={"unjudged": int(unjudged)},
    )
    return lift
