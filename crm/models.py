"""Index for Django's app registry. Never import from here: import from the feature."""

from crm.alerts.models import Alert, TrailPlace
from crm.incidents.models import Incident, IncidentStep
from crm.messaging.models import Attempt, DeliveryAnswer, Message, MessageTemplate
from crm.patients.models import CareTeamMember, Patient, PatientClinical, PatientContact
from crm.scheduling.models import Room, Visit
from crm.staff.models import (
    ApiToken,
    Clinic,
    OneTimeCode,
    Passkey,
    SignInFailure,
    StaffSession,
    TotpDevice,
    User,
)
from crm.trail.models import MonthExport, VerificationRun
from crm.web.models import ApiAnswer, FormSubmission

__all__ = [
    "Alert",
    "ApiAnswer",
    "ApiToken",
    "Attempt",
    "CareTeamMember",
    "Clinic",
    "DeliveryAnswer",
    "FormSubmission",
    "Incident",
    "IncidentStep",
    "Message",
    "MessageTemplate",
    "MonthExport",
    "OneTimeCode",
    "Passkey",
    "Patient",
    "PatientClinical",
    "PatientContact",
    "Room",
    "SignInFailure",
    "StaffSession",
    "TotpDevice",
    "TrailPlace",
    "User",
    "VerificationRun",
    "Visit",
]
