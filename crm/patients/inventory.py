"""What is held about patients: the least that a first visit needs (S12, S13)."""

from django.utils.translation import gettext_lazy as _

from crm.patients.asked_facts import AskedFact
from crm.patients.former_models import FormerContact
from crm.patients.models import HiddenDouble, Patient, PatientClinical, PatientContact, PatientGuard
from crm.patients.team_models import CareTeamMember
from privacy.inventory import LINK, STATE, WHEN, WHO, Basis, c1, c3, c4, of

_FIND = _("To find a patient without opening anything")
_FINGERPRINT = _("Keyed fingerprints that many values share; useless without the root")

TABLES = (
    of(
        Patient,
        Basis.SERVICE,
        c1(LINK, "subject", "clinic"),
        c1(STATE, "status", "stage"),
        c1(_("A wish that the clinic keeps: staff of the same sex"), "same_sex_staff"),
        c1(WHO, "registered_by"),
    ),
    of(
        PatientContact,
        Basis.SERVICE,
        c1(LINK, "patient"),
        c3(_("How to address the patient"), "name"),
        # A number is registered to a person by law, so it identifies as a document does.
        c3(_("How to reach the patient"), "phone"),
        c3(_("Asked for only where the law or an invoice needs it"), "id_number",
           basis=Basis.RECORD),
        c3(_FIND, "phone_index", "id_number_index", "name_tokens", plain=_FINGERPRINT),
    ),
    of(
        FormerContact,
        # PIPL 8, 46 and 51: data are accurate, corrected, and a wrong correction can be undone.
        Basis.SECURITY,
        c1(LINK, "patient"),
        c3(_("To undo or prove a wrong correction"), "name", "phone"),
    ),
    of(
        PatientClinical,
        Basis.HEALTH,
        c1(LINK, "patient"),
        c4(_("Why the patient comes: to find the right care"), "chief_complaint"),
        c4(_("Needed for judging the complaint; may be declined"), "sex", "birth_year",
           "marital_status"),
    ),
    of(
        PatientGuard,
        Basis.SERVICE,
        c1(LINK, "patient"),
        c4(_("Why few may see the patient, and whether that still holds"), "kind",
           plain=_("The ground, and no more: what opens to whom depends on it")),
        c4(_("Why few may see the patient, and whether that still holds"), "reason", "lift_reason"),
        c1(_("Which colleague is the patient, as a keyed mark: they see their own record nowhere"),
           "person_mark"),
        c1(WHO, "marked_by", "lift_asked_by", "lifted_by"),
        c1(WHEN, "since", "lift_asked_at", "until"),
    ),
    of(
        HiddenDouble,
        Basis.SERVICE,
        c1(LINK, "patient", "newcomer"),
        c1(STATE, "same"),
        c1(WHO, "settled_by"),
        c1(WHEN, "settled_at"),
    ),
    of(
        AskedFact,
        Basis.SERVICE,
        c1(LINK, "patient"),
        c1(_("What was asked and whether it was declined, so that nobody nags; never the value"),
           "fact", "answer", "purpose", "came_back"),
        c1(WHO, "asked_by"),
        c1(WHEN, "asked_on"),
    ),
    of(
        CareTeamMember,
        Basis.SERVICE,
        c1(LINK, "patient"),
        c1(_("Who cares for the patient, and so may see more than the code"), "staff"),
        c1(_("Why somebody joined the care team; names nobody"), "reason", "note"),
        c1(WHO, "added_by"),
        c1(WHEN, "joined_at", "until"),
    ),
)  # fmt: skip
