"""What pages remember for a day: that a form or a call was carried out."""

from django.utils.translation import gettext_lazy as _

from crm.web.models import ApiAnswer, FormSubmission
from privacy.inventory import LINK, Basis, c1, c4, of

_ONCE = _("To carry out a form or a call once, however often it arrives")

TABLES = (
    of(FormSubmission, Basis.SECURITY, c1(_ONCE, "user", "key", "path", "location")),
    of(
        ApiAnswer,
        Basis.SECURITY,
        c1(LINK, "subject"),
        c1(_ONCE, "user", "key", "call", "status"),
        c4(_("To give the same answer again to a call that was repeated"), "body"),
    ),
)
