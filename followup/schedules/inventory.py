"""What is held of a plan's steps."""

from django.utils.translation import gettext_lazy as _

from followup.schedules.models import Step
from privacy.inventory import LINK, ORDER, STATE, WHEN, Basis, c1, c4, of

TABLES = (
    of(
        Step,
        Basis.CONSENT,
        c1(LINK, "plan", "message_template", "message"),
        c1(ORDER, "position"),
        c1(_("How the patient is reached"), "kind"),
        c4(_("What staff call the step"), "title",
           plain=_("The template's own words, beside a patient code alone")),
        c1(STATE, "state", "note", "tries"),
        c1(WHEN, "due_at", "settled_at"),
    ),
)  # fmt: skip
