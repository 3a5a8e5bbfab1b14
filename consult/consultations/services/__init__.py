"""Writes of this feature, and reads that leave a trace."""

from consult.consultations.services.closing import NotComplete, add_to, record_whole, submit
from consult.consultations.services.drafts import discard_draft, save_outcome, start_draft
from consult.consultations.services.reading import (
    Opened,
    asks_of,
    book_listing,
    book_out_of_reach,
    facts_of,
    open_consultation,
    open_draft,
    open_patient_consultations,
    open_turn,
)
from consult.consultations.services.talk import (
    Talk,
    TurnChanged,
    add_turns,
    edit_turn,
    merge_turn,
    name_speaker,
    remove_turn,
    split_turn,
)
from consult.consultations.services.texts import (
    NewTurn,
    PasteRefused,
    found_in,
    hand_written,
    one_turn,
    people_in,
    read_talk,
)

__all__ = [
    "NewTurn",
    "NotComplete",
    "Opened",
    "PasteRefused",
    "Talk",
    "TurnChanged",
    "add_to",
    "add_turns",
    "asks_of",
    "book_listing",
    "book_out_of_reach",
    "discard_draft",
    "edit_turn",
    "facts_of",
    "found_in",
    "hand_written",
    "merge_turn",
    "name_speaker",
    "one_turn",
    "open_consultation",
    "open_draft",
    "open_patient_consultations",
    "open_turn",
    "people_in",
    "read_talk",
    "record_whole",
    "remove_turn",
    "save_outcome",
    "split_turn",
    "start_draft",
    "submit",
]
