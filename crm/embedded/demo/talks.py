"""The consultants' part of the story: talks of the past weeks, drafts of today."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from consult.consultations import services
from consult.consultations.models import Addendum, Consultation
from consult.consultations.rules import CONTACT_AGAIN, Outcome
from crm.embedded.demo.texts import ADDENDA, DRAFT_NOTE, PASTED_CHAT, TALKS, Talk
from crm.patients.models import Patient
from crm.staff.models import User

Staff = Mapping[str, User]
TALKED: Final = range(4, 40)
EVERY_SO_MANY: Final = 5  # of the records has an addendum
FIRST_TALK_DAYS_AGO: Final = 36
DRAFTS: Final = (40, 41)


def consultant_of(number: int, staff: Staff) -> User:
    """Who talks with the patient of this number."""
    return staff["zx001" if number % 2 else "zx002"]


def hold_talks(patients: Sequence[Patient], *, staff: Staff) -> None:
    """A submitted record for most patients, some with an addendum; two drafts of today."""
    today = timezone.localtime().replace(hour=9, minute=10, second=0, microsecond=0)
    for place, number in enumerate(TALKED):
        began = today - timedelta(days=FIRST_TALK_DAYS_AGO - place, minutes=-17 * (place % 9))
        talk = TALKS[(place + place // len(TALKS)) % len(TALKS)]  # each consultant has all kinds
        record = _submit(patients[number], talk, began, consultant_of(number, staff))
        if place % EVERY_SO_MANY == 0:
            turn = (place // EVERY_SO_MANY) % len(ADDENDA)
            kind = Addendum.Kind.CORRECTION if turn == 0 else Addendum.Kind.ADDITION
            services.add_to(
                consultation=record,
                actor=consultant_of(number, staff),
                kind=kind,
                text=ADDENDA[turn],
            )
    _typed_draft(patients[DRAFTS[0]], consultant_of(DRAFTS[0], staff))
    _pasted_draft(patients[DRAFTS[1]], consultant_of(DRAFTS[1], staff))


def _submit(patient: Patient, talk: Talk, began: datetime, actor: User) -> Consultation:
    turns = [
        services.hand_written(
            speaker=speaker,
            text=text.replace("林晓", actor.display_name).replace("吴桐", actor.display_name),
            said_at=began + timedelta(minutes=minute),
            label=actor.display_name if speaker == "staff" else "",
        )
        for speaker, minute, text in talk.turns
    ]
    draft = services.start_draft(
        patient=patient,
        actor=actor,
        channel=talk.channel,
        started_at=began,
        turns=turns,
        notice=True,
    )
    return services.submit(
        draft=draft,
        actor=actor,
        version=draft.version,
        talk_version=draft.talk_version,
        outcome=_outcome(talk, began),
    )


def _outcome(talk: Talk, began: datetime) -> Outcome:
    # Mostly for today, so that the list of call-backs has something to show.
    soon = timedelta(minutes=5) if began.day % 3 else timedelta(days=1)
    again = timezone.now() + soon if talk.next_step == CONTACT_AGAIN else None
    return Outcome(
        channel=talk.channel,
        started_at=began,
        source=talk.source,
        need_clarity=talk.need,
        worries=talk.worries,
        explained=talk.explained,
        disposition=talk.disposition,
        next_step=talk.next_step,
        next_contact_at=again,
        note=talk.note,
    )


def _typed_draft(patient: Patient, actor: User) -> None:
    began = timezone.now() - timedelta(minutes=25)
    first = TALKS[1].turns[:3]
    turns = [
        services.hand_written(speaker=speaker, text=text, said_at=began + timedelta(minutes=minute))
        for speaker, minute, text in first
    ]
    services.start_draft(
        patient=patient, actor=actor, channel="phone", started_at=began, turns=turns
    )


def _pasted_draft(patient: Patient, actor: User) -> None:
    """A pasted chat: its numbers are covered, its outcome is not complete yet."""
    said = timezone.localtime() - timedelta(minutes=40)
    moments = {f"t{n}": f"{said + timedelta(minutes=n):%Y-%m-%d %H:%M:%S}" for n in range(5)}
    text = PASTED_CHAT.format(staff=actor.display_name, **moments)
    turns = services.read_talk(text, staff=actor, day=None)
    draft = services.start_draft(patient=patient, actor=actor, channel="wecom", turns=turns)
    services.save_outcome(
        draft=draft,
        actor=actor,
        version=draft.version,
        outcome=Outcome(channel="wecom", started_at=draft.started_at, source="topic_search",
                        worries=("schedule",), note=DRAFT_NOTE),
    )  # fmt: skip
