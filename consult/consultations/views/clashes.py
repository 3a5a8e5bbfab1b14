"""Two people on one draft: both versions side by side, and what was chosen of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import QueryDict
from django.utils import timezone

from consult.consultations.forms import OutcomeForm
from consult.consultations.rules import Outcome

PICK: Final = "pick_"  # which of the two, by field
SAVED: Final = "saved_"  # what the other person had saved, by field, as the page showed it
THEIRS: Final = "theirs"


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two people filled in differently; ``values`` as a form sends the saved one."""

    name: str
    label: str
    saved: str
    mine: str
    values: Sequence[str]


def chosen(data: QueryDict) -> QueryDict:
    """The form's data with the other person's value wherever that was picked.

    The values come from the page, not from the record: an autosave may have replaced them since.
    """
    taken = [name for name in OutcomeForm.base_fields if data.get(PICK + name) == THEIRS]
    if not taken:
        return data
    data = data.copy()
    for name in taken:
        data.setlist(name, data.getlist(SAVED + name))
    return data


def differences(form: OutcomeForm, theirs: Outcome) -> list[Difference]:
    """Each field that was saved otherwise than it is typed here."""
    mine = form.outcome()
    return [
        Difference(
            name=name,
            label=str(form.fields[name].label),
            saved=_shown(form, name, getattr(theirs, name)),
            mine=_shown(form, name, getattr(mine, name)),
            values=_sent(getattr(theirs, name)),
        )
        for name in mine.__slots__
        if _sent(getattr(theirs, name)) != _sent(getattr(mine, name))
    ]


def _sent(value: object) -> list[str]:
    """A value as a form sends it; moments to the minute, as the picker has them."""
    if isinstance(value, datetime):
        return [f"{timezone.localtime(value):%Y-%m-%dT%H:%M}"]
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return [str(value)] if value else []


def _shown(form: OutcomeForm, name: str, value: object) -> str:
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    labels = dict(getattr(form.fields[name], "choices", ()))
    return "、".join(str(labels.get(one, one)) for one in _sent(value))
