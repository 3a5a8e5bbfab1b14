"""What stands for a person: a code that tells nothing (S53)."""

from django.utils.translation import gettext_lazy as _

from privacy.inventory import LINK, WHEN, Basis, c1, of
from privacy.pseudonyms.models import Subject, VisitCode

_CALLED = _("What is called in the waiting room in place of a name")

TABLES = (
    of(Subject, Basis.SERVICE, c1(_("Stands for the patient wherever no name is needed"), "code")),
    of(
        VisitCode,
        Basis.SERVICE,
        c1(LINK, "subject", "site"),
        c1(_CALLED, "number"),
        c1(WHEN, "day"),
    ),
)
