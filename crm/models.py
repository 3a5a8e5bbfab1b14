"""Index for Django's app registry. Never import from here: import from the feature."""

from crm.messaging.models import Attempt, DeliveryAnswer, Message, MessageTemplate
from crm.patients.models import CareTeamMember, Patient, PatientClinical, PatientContact
from crm.scheduling.models import Room, Visit
from crm.staff.models import ApiToken, Clinic, SignInFailure, TotpDevice, User
from crm.trail.models import MonthExport, VerificationRun
from crm.web.models import ApiAnswer, FormSubmission

__all__ = [
    "ApiAnswer",
    "ApiToken",
    "Attempt",
    "CareTeamMember",
    "Clinic",
    "DeliveryAnswer",
    "FormSubmission",
    "Message",
    "MessageTemplate",
    "MonthExport",
    "Patient",
    "PatientClinical",
    "PatientContact",
    "Room",
    "SignInFailure",
    "TotpDevice",
    "User",
    "VerificationRun",
    "Visit",
]
