"""Which page is a role's desk. Names of pages, not pages: what is not built yet is passed over."""

from collections.abc import Mapping, Sequence
from typing import Final

from privacy.access.policy import Role

# The most useful page first. Names may be missing while a floor is not built.
HOMES: Final[Mapping[str, Sequence[str]]] = {
    Role.CONSULTANT: ("consult:consultations", "consult:mine", "patients:list"),
    Role.DOCTOR: ("consult:consultations", "patients:list"),
    Role.NURSE: ("followup:board", "followup:plans", "patients:list"),
    Role.FOLLOWUP_AGENT: ("followup:board", "followup:plans", "patients:list"),
    Role.FINANCE: ("consult:estimates", "patients:list"),
    Role.MEDICAL_QC: ("consult:consultations", "trail:list", "patients:list"),
    Role.MEDIATION: ("patients:list",),
    Role.SYSTEM_ADMIN: ("staff:list",),
    Role.SECURITY_ADMIN: ("alerts:list", "trail:list", "audit:list", "staff:list"),
    Role.AUDITOR: ("trail:list", "audit:list"),
}
