"""What incidents hold: times, codes, and texts without personal data (R23)."""

from django.utils.translation import gettext_lazy as _

from crm.incidents.models import Incident, IncidentStep
from privacy.inventory import LINK, WHEN, WHO, Basis, c1, of

_TEXT = _("What was found and done, by code")

TABLES = (
    of(
        Incident,
        Basis.SECURITY,
        c1(LINK, "clinic", "alert"),
        c1(_TEXT, "title", "summary"),
        c1(_("When the reports are due"), "known_at", "triage_due_at", "report_due_at"),
        c1(_("By what the affected patients are found, and their codes"), "suspect", "since",
           "until", "by_trail", "all_patients", "listed", "export", "span_since", "span_until",
           "span_person", "affected", "affected_sha256"),
        c1(_("What the notices of an incident tell"), "data_kinds", "cause", "harm",
           "told_happened", "told_done", "contact"),
        c1(WHO, "opened_by", "closed_by"),
        c1(WHEN, "closed_at"),
    ),
    of(
        IncidentStep,
        Basis.SECURITY,
        c1(LINK, "incident"),
        c1(WHO, "author"),
        c1(_TEXT, "kind", "text"),
    ),
)  # fmt: skip
