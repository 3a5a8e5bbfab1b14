"""What is held of follow-up plans (S74, S77)."""

from django.utils.translation import gettext_lazy as _

from followup.plans.models import Plan, PlanTemplate, TemplateStep
from privacy.inventory import LINK, ORDER, STATE, WHEN, WHO, Basis, c1, c4, of

_TEMPLATE = _("What is followed up after a kind of service; of nobody")
_CODES = _("A key of a template, beside a patient code alone: due steps are found by it")

TABLES = (
    of(
        PlanTemplate,
        Basis.NONE,
        c1(_TEMPLATE, "code", "name", "anchor_label", "is_current"),
        c1(ORDER, "version"),
    ),
    of(
        TemplateStep,
        Basis.NONE,
        c1(LINK, "template"),
        c1(ORDER, "position"),
        c1(_TEMPLATE, "offset_days", "at", "kind", "title", "message_code"),
    ),
    of(
        Plan,
        Basis.CONSENT,
        c1(LINK, "patient"),
        c4(_("Which care is followed up, and since which day"), "template", "anchor_on",
           plain=_CODES),
        c1(STATE, "state", "reason"),
        c1(ORDER, "version"),
        c1(WHO, "created_by"),
        c1(WHEN, "state_since"),
    ),
)  # fmt: skip
