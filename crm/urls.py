"""The roof: the only file that knows every door."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from consult.consultations.api import ConsultationViewSet
from consult.fees.api import EstimateViewSet
from crm.patients.api import ConsentViewSet, PatientViewSet
from followup.reminders.api import PlanViewSet

# Every collection of the API, by address; a patient's things lie under the patient's code.
OF_A_PATIENT = "patients/(?P<code>[0-9A-Z]{8})"
router = SimpleRouter()
router.register("patients", PatientViewSet, basename="patient")
router.register(f"{OF_A_PATIENT}/consents", ConsentViewSet, basename="patient-consent")
router.register(f"{OF_A_PATIENT}/consultations", ConsultationViewSet, basename="consultation")
router.register(f"{OF_A_PATIENT}/estimates", EstimateViewSet, basename="patient-estimate")
router.register(f"{OF_A_PATIENT}/plans", PlanViewSet, basename="patient-plan")

urlpatterns = [
    path("", include("crm.web.urls")),
    path("", include("crm.staff.urls")),
    path("", include("crm.clearance.urls")),
    path("", include("crm.trail.urls")),
    path("", include("crm.custody.urls")),
    path("", include("crm.inventory.urls")),
    path("", include("crm.separation.urls")),
    path("", include("crm.alerts.urls")),
    path("", include("crm.honey.urls")),
    path("", include("crm.incidents.urls")),
    path("", include("crm.joint_review.urls")),
    path("", include("consult.urls")),
    path("", include("followup.urls")),
    path("", include("crm.messaging.urls")),
    path("", include("crm.dashboard.urls")),
    path("desk/", include("crm.scheduling.urls")),
    path("patients/", include("crm.patients.urls")),
    path("access/", include("crm.access_requests.urls")),
    path("exports/", include("crm.exports.urls")),
    path("search/", include("crm.search.urls")),
    path("api/v1/", include((router.urls, "api"))),
]
handler400 = "crm.web.views.bad_request"
handler403 = "crm.web.views.permission_denied"
handler404 = "crm.web.views.not_found"
handler500 = "crm.web.views.server_error"
