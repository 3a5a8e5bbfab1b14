"""What staff fill in. Forms know the choices; what a submission lacks, the service says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consult.consultations import rules
from consult.consultations.choices import (
    Channel,
    Disposition,
    Explained,
    NeedClarity,
    NextStep,
    Source,
    Speaker,
    Worry,
)
from consult.consultations.models import Addendum, Consultation
from consult.consultations.notices import CURRENT

CHOOSE = ("", _("Please choose"))
MANDATORY = ("channel", "started_at", "source", "worries", "disposition", "next_step")
P = rules.Problem
WORDS: dict[tuple[str, rules.Problem], str | Promise] = {
    ("turns", P.MISSING): _("Paste or type at least one message of the talk"),
    ("turns", P.TOO_MANY_TURNS): _("The talk has too many messages for one record"),
    ("unsent", P.LEFT_OVER): _("Put this message into the talk, or clear it"),
    ("channel", P.MISSING): _("Choose how you talked"),
    ("started_at", P.MISSING): _("Say when the talk began"),
    ("started_at", P.IN_THE_FUTURE): _("The talk cannot begin in the future"),
    ("source", P.MISSING): _("Choose where this enquiry came from"),
    ("worries", P.MISSING): _("Choose at least one concern"),
    ("disposition", P.MISSING): _("Choose what was advised; “Not certain” is an answer too"),
    ("next_step", P.MISSING): _("Choose the next step"),
    ("next_contact_at", P.MISSING): _("Say when to contact the patient again"),
    ("next_contact_at", P.IN_THE_PAST): _("The next contact lies in the past"),
}
TOO_LONG = _("This is longer than %(limit)d characters")


def finding_words(finding: rules.Finding) -> str:
    """A finding as a sentence that says what to do."""
    words = WORDS.get((finding.field, finding.problem), TOO_LONG)
    return str(words) % {"limit": finding.limit} if words is TOO_LONG else str(words)


class WordsField(forms.CharField):
    """Free text: broken exports bring NULs and half characters, which are dropped, not refused."""

    def __init__(self, *, rows: int = 0, **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        attrs = {"autocomplete": "off"}  # else the browser keeps what was typed on disk
        if rows:
            kwargs["widget"] = forms.Textarea({"rows": rows, "class": "area", **attrs})
        kwargs.setdefault("widget", forms.TextInput(attrs))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return rules.plain_text(str(value or ""))


class MomentField(forms.DateTimeField):
    """A moment in clinic time, by the browser's own picker."""

    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


def looked_through(name: str) -> dict[str, Any]:
    """What makes a text be looked through while it is typed or pasted: what will be covered, who
    is named in it. The answer stands in ``#live-id_<name>``."""
    return {
        "data-live": True,
        "hx-post": reverse_lazy("consult:check"),
        "hx-trigger": "live",
        "hx-params": name,
        "hx-target": f"#live-id_{name}",
        "hx-swap": "innerHTML",
    }


PASTED = {"data-limit": rules.LARGEST_PASTE_BYTES, **looked_through("paste")}


class StartForm(forms.Form):
    """How a record begins: the channel, the time, the chat if there is one."""

    use_required_attribute = False
    channel = forms.ChoiceField(
        label=_("Channel"),
        choices=Channel.choices,
        widget=forms.RadioSelect,
        initial=Channel.WECOM,
        error_messages={"required": _("Choose how you talked")},
    )
    started_at = MomentField(
        label=_("The talk began"),
        required=False,
        help_text=_("Left empty, it is read from the chat, else it is now."),
    )
    notice = forms.BooleanField(
        label=_("Told at the start that the talk is confidential"), required=False
    )
    paste = WordsField(
        label=_("Chat history"),
        rows=12,
        help_text=_(
            "Paste it as copied from WeCom, the website chat or any “name time” text. Phone, "
            "identity and card numbers are covered before anything is stored."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chinese = (get_language() or "zh").startswith("zh")
        self.fields["notice"].help_text = CURRENT.zh if chinese else CURRENT.en
        self.fields["paste"].widget.attrs |= {
            **PASTED,
            "autocomplete": "off",
            "spellcheck": "false",
        }

    def clean_started_at(self) -> datetime | None:
        return self.cleaned_data["started_at"] or None


class PasteForm(forms.Form):
    """A chat added to a draft that is already there."""

    use_required_attribute = False
    paste = StartForm.base_fields["paste"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["paste"].widget.attrs |= PASTED


class OutcomeForm(forms.Form):
    """The structured result of a talk (S23, S25, S32, S37)."""

    use_required_attribute = False
    version = forms.IntegerField(widget=forms.HiddenInput)
    unsent = WordsField(label=_("Type a message of the talk"), rows=3)
    channel = forms.ChoiceField(label=_("Channel"), choices=Channel.choices)
    started_at = MomentField(label=_("The talk began"))
    source = forms.ChoiceField(label=_("Source"), choices=[CHOOSE, *Source.choices])
    keyword = WordsField(label=_("Search phrase or landing page"))
    worries = forms.MultipleChoiceField(
        label=_("The patient is concerned about"),
        choices=Worry.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    need_clarity = forms.ChoiceField(
        label=_("The need"), choices=[("", _("Not said")), *NeedClarity.choices], required=False
    )
    explained = forms.MultipleChoiceField(
        label=_("Explained"),
        choices=Explained.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    disposition = forms.ChoiceField(label=_("Advice given"), choices=[CHOOSE, *Disposition.choices])
    next_step = forms.ChoiceField(label=_("Next step"), choices=[CHOOSE, *NextStep.choices])
    next_contact_at = MomentField(label=_("Next contact"), required=False)
    note = WordsField(label=_("Note for the next colleague"), rows=3)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unsent"].widget.attrs |= {"form": "outcome"}
        self.fields["note"].widget.attrs |= looked_through("note")

    def full_clean(self) -> None:
        # A draft may be incomplete: "required" only tells the page what to mark as optional.
        for name in MANDATORY:
            self.fields[name].required = False
        super().full_clean()
        for name in MANDATORY:
            self.fields[name].required = True

    def outcome(self) -> rules.Outcome:
        """What was filled in, for the service."""
        given = {**self.cleaned_data}
        given.pop("version")
        return rules.Outcome(**given)

    def add_findings(self, findings: Sequence[rules.Finding]) -> None:
        """Say beside each field what a submission still lacks."""
        for finding in findings:
            field = finding.field if finding.field in self.fields else None
            self.add_error(field, finding_words(finding))


class TurnForm(forms.Form):
    """One message: who said it and what. ``seen`` is the state of the turn that was edited."""

    use_required_attribute = False
    speaker = forms.ChoiceField(
        label=_("Said by"), choices=Speaker.choices, widget=forms.RadioSelect
    )
    text = WordsField(
        label=_("Message"),
        rows=4,
        help_text=_("An empty line marks where “Split” cuts the message in two."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def clean_seen(self) -> datetime | None:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            return None


class AddendumForm(forms.Form):
    """What is added to a locked record."""

    use_required_attribute = False
    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=Addendum.Kind.choices,
        widget=forms.RadioSelect,
        initial=Addendum.Kind.ADDITION,
    )
    text = WordsField(
        label=_("Text"),
        rows=4,
        required=True,
        help_text=_("The record itself stays as it is; this stands below it with your name."),
        error_messages={"required": _("Write what is to be added.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].widget.attrs |= looked_through("text")


class FilterForm(forms.Form):
    """The list's query, all of it in the address; never words of a patient."""

    SCOPES = (
        ("mine", _("My records")),
        ("drafts", _("Drafts")),
        ("due", _("Call-backs due")),
        ("all", _("All I may see")),
    )
    scope = forms.ChoiceField(choices=SCOPES, required=False)
    channel = forms.ChoiceField(
        label=_("Channel"), choices=[("", _("All")), *Channel.choices], required=False
    )
    source = forms.ChoiceField(
        label=_("Source"), choices=[("", _("All")), *Source.choices], required=False
    )
    disposition = forms.ChoiceField(
        label=_("Advice given"), choices=[("", _("All")), *Disposition.choices], required=False
    )
    status = forms.ChoiceField(
        label=_("Status"), choices=[("", _("All")), *Consultation.Status.choices], required=False
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )

    def first_filters(self) -> list[forms.BoundField]:
        """The ones that are always in view."""
        return [self[name] for name in ("channel", "source", "disposition")]

    def more_filters(self) -> list[forms.BoundField]:
        return [self[name] for name in ("status", "since", "until")]

    def more_are_set(self) -> bool:
        """Whether a folded filter is in force: then it is shown."""
        return any(field.data for field in self.more_filters())
