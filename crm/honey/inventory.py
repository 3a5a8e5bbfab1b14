"""What is held about honey records: marks that tell nothing without the roots."""

from django.utils.translation import gettext_lazy as _

from crm.honey.models import HoneyRecord
from privacy.inventory import LINK, STATE, WHEN, WHO, Basis, c1, c3, of

TABLES = (
    of(
        HoneyRecord,
        Basis.SECURITY,
        c1(LINK, "clinic"),
        c1(_("Which invented patient watches for harvests"), "mark"),
        c3(_("Which invented patient watches for harvests"), "code"),
        c1(WHO, "planted_by", "retired_by"),
        c1(WHEN, "planted_on"),
        c1(STATE, "retired_on"),
    ),
)
