"""Doors: setting the talk of a draft right, message by message."""

from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import reswap, retarget

from consult.consultations import selectors, services
from consult.consultations.choices import NUMBERS, Speaker
from consult.consultations.forms import PasteForm, TurnForm
from consult.consultations.models import Consultation
from consult.consultations.views.finding import one_of
from crm.staff.guards import StaffRequest, requires
from crm.web.idempotency import once
from crm.web.numbers import natural
from privacy.access.policy import Permission
from privacy.errors import DomainError

CHECKED = ("unsent", "text", "note", "paste")  # fields that are looked through while being typed


def _draft_of(request: StaffRequest, consultation_id: UUID) -> Consultation:
    # Submitted ones are found too: the service then says that they are locked.
    return one_of(request, selectors.opened_by(request.user), consultation_id)


def _day_of(record: Consultation) -> date | None:
    return timezone.localtime(record.started_at).date() if record.started_at else None


def _base(request: HttpRequest) -> int:
    return natural(request.POST.get("talk_version"))


def _drawn(request: StaffRequest, talk: services.Talk, *, by: str = "") -> HttpResponse:
    """The changed messages, and beside them what the page says about the whole talk.

    ``by``: "add" or "paste" if that box is to be emptied.
    """
    if not request.htmx:
        return redirect("consult:draft", talk.draft.pk)
    # Who works on an old view keeps its version: submitting then shows what others changed.
    fresh = _base(request) + 1 == talk.draft.talk_version
    page = {
        "talk": talk,
        "facts": services.facts_of(talk.draft, talk.receipt),
        "asks": services.asks_of(talk.draft, talk.draft.turns.all(), talk.receipt),
        "draft": talk.draft,
        "receipt": talk.receipt,
        "talk_version": talk.draft.talk_version if fresh else _base(request),
        "stale": not fresh,
        "by": by,
        "paste_form": PasteForm(),
    }
    return render(request, "consult/consultations/_changed.html", page)


@requires(Permission.WRITE_CONSULTATION)
@sensitive_post_parameters("paste")
@require_POST
@once
def paste(request: StaffRequest, consultation_id: UUID) -> HttpResponse:
    """Recognise a pasted chat and put it at the end of the talk."""
    record = _draft_of(request, consultation_id)
    form = PasteForm(request.POST)
    no_turns = False
    if form.is_valid() and form.cleaned_data["paste"]:
        text = form.cleaned_data["paste"]
        try:
            turns = (
                services.one_turn(text)
                if "as_one" in request.POST
                else services.read_talk(text, staff=request.user, day=_day_of(record))
            )
            talk = services.add_turns(draft=record, actor=request.user, turns=turns)
        except DomainError as error:
            no_turns = isinstance(error, services.PasteRefused) and error.no_turns
            form.add_error("paste", str(error))
        else:
            return _drawn(request, talk, by="paste")
    elif form.is_valid():
        form.add_error("paste", _("Paste the chat here first."))
    page = {"paste_form": form, "draft": record, "no_turns": no_turns, "auto": True}
    response = render(request, "consult/consultations/_paste.html", page, status=422)
    return retarget(reswap(response, "outerHTML"), "#paste")


@requires(Permission.WRITE_CONSULTATION)
@sensitive_post_parameters("unsent")
@require_POST
@once
def add(request: StaffRequest, consultation_id: UUID) -> HttpResponse:
    """Put one typed message at the end of the talk."""
    record = _draft_of(request, consultation_id)
    speaker = request.POST.get("speaker", "")
    if speaker not in Speaker.values:
        speaker = Speaker.UNKNOWN
    turn = services.hand_written(speaker=speaker, text=request.POST.get("unsent", ""))
    talk = services.add_turns(draft=record, actor=request.user, turns=[turn], from_unsent=True)
    return _drawn(request, talk, by="add")


@requires(Permission.WRITE_CONSULTATION)
@sensitive_post_parameters("text")
@require_http_methods(["GET", "POST"])
@once
def turn(request: StaffRequest, consultation_id: UUID, turn_id: UUID) -> HttpResponse:
    """One message: GET gives its editor (or, ``?shown``, the message); POST changes it."""
    record = _draft_of(request, consultation_id)
    if request.method == "GET":
        return _editor(request, record, turn_id)
    if request.POST.get("act") == "name":
        return _named(request, record, turn_id)
    form = TurnForm(request.POST)
    page = {"form": form, "draft": record, "turn_id": turn_id}
    status = 422
    if form.is_valid():
        try:
            return _drawn(request, _change(request, record, turn_id, form.cleaned_data))
        except services.TurnChanged as error:
            # Own words stay in the editor; the other person's stand above them.
            page |= {"conflict": str(error)} | _theirs(request, record, turn_id, error)
            status = 409
        except DomainError as error:
            form.add_error("text", str(error))
    response = render(request, "consult/consultations/_turn_edit.html", page, status=status)
    return retarget(reswap(response, "outerHTML"), f"#t-{turn_id}")


def _theirs(
    request: StaffRequest, record: Consultation, turn_id: UUID, error: services.TurnChanged
) -> dict[str, Any]:
    """The message as it stands now, against an event of its own."""
    if not error.is_there:
        return {"seen": ""}
    now = services.open_turn(draft=record, actor=request.user, turn_id=turn_id)
    return {"theirs": now.turn, "receipt": now.receipt, "seen": now.turn.updated_at.isoformat()}


def _change(
    request: StaffRequest, record: Consultation, turn_id: UUID, given: dict[str, Any]
) -> services.Talk:
    """Carry out what the pressed button says; plain saving if it says nothing."""
    actor, seen = request.user, given["seen"]
    speaker, text = given["speaker"], given["text"]
    act = request.POST.get("act", "")
    if act == "remove":
        return services.remove_turn(draft=record, actor=actor, turn_id=turn_id, seen=seen)
    if act == "merge":
        return services.merge_turn(draft=record, actor=actor, turn_id=turn_id, seen=seen)
    do = services.split_turn if act == "split" else services.edit_turn
    return do(draft=record, actor=actor, turn_id=turn_id, seen=seen, speaker=speaker, text=text)


def _named(request: StaffRequest, record: Consultation, turn_id: UUID) -> HttpResponse:
    """All messages under one name get their side at once."""
    sent = request.POST.get("speaker", "")
    speaker = sent if sent in Speaker.values else Speaker.UNKNOWN.value
    talk = services.name_speaker(draft=record, actor=request.user, turn_id=turn_id, speaker=speaker)
    return _drawn(request, talk)


def _editor(request: StaffRequest, record: Consultation, turn_id: UUID) -> HttpResponse:
    if not request.htmx:
        return redirect(f"{reverse('consult:draft', args=[record.pk])}?edit={turn_id}#t-{turn_id}")
    found = services.open_turn(draft=record, actor=request.user, turn_id=turn_id)
    page = {"turn": found.turn, "draft": record, "receipt": found.receipt, "turn_id": turn_id}
    if "shown" in request.GET:
        return render(request, "consult/consultations/_turn.html", page)
    page["form"] = TurnForm(initial=found.initial())
    return render(request, "consult/consultations/_turn_edit.html", page)


@requires(Permission.WRITE_CONSULTATION)
@sensitive_post_parameters()
@require_POST
def check(request: StaffRequest) -> HttpResponse:
    """What would be covered in a text that is being typed or pasted, and who is named in it.

    Nothing is stored or logged.
    """
    name = next((one for one in CHECKED if one in request.POST), "")
    text = request.POST.get(name, "")
    found = services.found_in(text)
    page = {
        "found": [(NUMBERS[kind], count) for kind, count in found.items()],
        "people": services.people_in(text),
    }
    return render(request, "consult/consultations/_check.html", page)
