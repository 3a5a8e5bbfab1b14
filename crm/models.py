"""Index for Django's app registry. Never import from here: import from the feature."""

from crm.access_requests.models import (
    AccessApproval,
    AccessRequest,
    BreakGlassLift,
    BreakGlassVerdict,
)
from crm.alerts.models import Alert, TrailPlace
from crm.clearance.models import ClinicLicence, Document, Licence, Reminder, Signature, Sitting
from crm.custody.models import ErasureRequest, Restriction
from crm.honey.models import HoneyRecord
from crm.incidents.models import Incident, IncidentStep
from crm.joint_review.models import (
    ReviewFinding,
    ReviewItem,
    ReviewSheet,
    ReviewSignature,
    ReviewView,
)
from crm.messaging.models import Attempt, DeliveryAnswer, Message, MessageTemplate
from crm.patients.asked_facts import AskedFact
from crm.patients.former_models import FormerContact
from crm.patients.models import HiddenDouble, Patient, PatientClinical, PatientContact, PatientGuard
from crm.patients.team_models import CareTeamMember
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
from crm.trail.models import HeadCopy, MonthExport, MonthRetirement, VerificationRun
from crm.web.models import ApiAnswer, FormSubmission

__all__ = [
    "AccessApproval",
    "AccessRequest",
    "Alert",
    "ApiAnswer",
    "ApiToken",
    "AskedFact",
    "Attempt",
    "BreakGlassLift",
    "BreakGlassVerdict",
    "CareTeamMember",
    "Clinic",
    "ClinicLicence",
    "DeliveryAnswer",
    "Document",
    "ErasureRequest",
    "FormSubmission",
    "FormerContact",
    "HeadCopy",
    "HiddenDouble",
    "HoneyRecord",
    "Incident",
    "IncidentStep",
    "Licence",
    "Message",
    "MessageTemplate",
    "MonthExport",
    "MonthRetirement",
    "OneTimeCode",
    "Passkey",
    "Patient",
    "PatientClinical",
    "PatientContact",
    "PatientGuard",
    "Reminder",
    "Restriction",
    "ReviewFinding",
    "ReviewItem",
    "ReviewSheet",
    "ReviewSignature",
    "ReviewView",
    "Room",
    "SignInFailure",
    "Signature",
    "Sitting",
    "StaffSession",
    "TotpDevice",
    "TrailPlace",
    "User",
    "VerificationRun",
    "Visit",
]
