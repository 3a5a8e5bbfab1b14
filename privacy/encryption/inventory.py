"""What the key store holds: wrapped keys, never one that opens anything by itself."""

from django.utils.translation import gettext_lazy as _

from privacy.encryption.models import Erasure, IndexWidth, KeyCanary, KeyVersion, SubjectKey
from privacy.inventory import LINK, ORDER, STATE, WHEN, Basis, c1, c3, of

_ZONE = _("Which zone of a patient's data the key is for")
_WRAPPED = _("Encrypted already, under a key that is in no database")

TABLES = (
    of(
        SubjectKey,
        Basis.SECURITY,
        c1(LINK, "subject_id"),
        c1(_ZONE, "zone"),
        c1(ORDER, "version", "kek_version"),
        c1(WHEN, "superseded_at"),
        c3(_("Seals and opens one patient's values"), "wrapped", plain=_WRAPPED),
    ),
    of(KeyVersion, Basis.NONE, c1(_ZONE, "zone"), c1(ORDER, "version"), c1(STATE, "state")),
    of(
        IndexWidth,
        Basis.NONE,
        c1(_("How wide fingerprints are, and for how many patients"), "bits", "patients"),
    ),
    of(
        KeyCanary,
        Basis.NONE,
        c1(_ZONE, "zone"),
        c1(ORDER, "kek_version"),
        c1(_("Proves that the roots are those of this database"), "box"),
    ),
    of(
        Erasure,
        Basis.RECORD,
        c1(LINK, "subject_id", "code"),
        c1(_ZONE, "zone"),
        c1(_("Why it was erased, from a fixed list"), "reason"),
        c1(WHEN, "erased_at"),
    ),
)
