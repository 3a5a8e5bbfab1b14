from django.urls import path

from crm.clearance.views import clinic, managing, own

app_name = "clearance"
urlpatterns = [
    path("account/clearance/", own.own, name="own"),
    path("account/clearance/tests/<uuid:sitting_id>/", own.test, name="test"),
    path("account/clearance/<slug:course>/", own.course, name="course"),
    path("account/clearance/<slug:course>/start/", own.start, name="start"),
    path("policies/", own.library, name="library"),
    path("policies/new/", managing.publish, name="publish-new"),
    path("policies/<slug:slug>/", own.document, name="document"),
    path("policies/<slug:slug>/publish/", managing.publish, name="publish"),
    path("policies/<slug:slug>/<int:edition>/", own.document, name="edition"),
    path("policies/<slug:slug>/<int:edition>/sign/", own.sign, name="sign"),
    path("staff/clearance/licences/", clinic.licences, name="clinic-licences"),
    path(
        "staff/clearance/licences/<uuid:clinic_licence_id>/withdraw/",
        clinic.withdraw,
        name="withdraw-clinic",
    ),
    path("staff/clearance/", managing.overview, name="overview"),
    path("staff/<uuid:staff_id>/licences/", managing.licences, name="licences"),
    path("staff/licences/<uuid:licence_id>/withdraw/", managing.withdraw, name="withdraw"),
    path("staff/<uuid:staff_id>/leave/", managing.leave, name="leave"),
    path("staff/<uuid:staff_id>/come-back/", managing.come_back, name="come-back"),
]
