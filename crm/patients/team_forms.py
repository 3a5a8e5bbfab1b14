"""Whom a colleague is chosen from, and why they join a care team."""

from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.patients.forms import CARING, tidy
from crm.patients.models import Patient
from crm.patients.selectors import is_guarded, places_that_last
from crm.patients.team_models import SHORTEST_NOTE, CareTeamMember
from crm.staff.models import User
from crm.staff.selectors import colleagues_of
from crm.web.plain_text import PlainText
from privacy.access.policy import BY_REQUEST_ONLY, Permission, roles_with

Reason = CareTeamMember.Reason
TEAM_ID: Final = "team_%s"  # its fields stand beside those of other dialogs on one page


class ColleagueField(forms.ModelChoiceField[User]):
    """A colleague, named with their role."""

    def label_from_instance(self, obj: User) -> str:
        return f"{obj.display_name} · {obj.get_role_display()}"


class TeamForm(forms.Form):
    """A colleague to add to the care team, and why; ``fresh`` offers only who is not on it, or
    whose place ends soon."""

    member = ColleagueField(
        label=_("Colleague"), queryset=User.objects.none(), empty_label=_("Please choose")
    )
    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=[("", _("Please choose"))]
        + [one for one in Reason.choices if one[0] != Reason.INTAKE],
    )
    note = PlainText(
        label=_("Which reason"),
        required=False,
        min_length=None,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text=_("For another reason only: at least 10 characters; name nobody."),
    )

    def __init__(
        self, *args: Any, staff: User, patient: Patient, fresh: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["member"]
        if isinstance(field, forms.ModelChoiceField):
            # Around a guarded patient all who see patients at all are named.
            everybody = roles_with(Permission.VIEW_PATIENTS) - BY_REQUEST_ONLY
            named = everybody if is_guarded(patient) else CARING
            field.queryset = colleagues_of(staff).filter(role__in=named)
            if fresh:
                lasting = places_that_last(patient).values("staff")
                field.queryset = field.queryset.exclude(pk__in=lasting)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        other = data.get("reason") == Reason.OTHER
        data["note"] = tidy(data.get("note", "")) if other else ""
        if not other:
            self.errors.pop("note", None)  # nobody keeps it
        elif "note" not in self.errors and len(data["note"]) < SHORTEST_NOTE:
            self.add_error("note", _("Say in at least 10 characters why."))
        return data
