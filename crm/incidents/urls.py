from django.urls import path

from crm.incidents import views

app_name = "incidents"
urlpatterns = [
    path("incidents/", views.incidents, name="list"),
    path("incidents/new/", views.declare, name="declare"),
    path("incidents/<uuid:incident_id>/", views.incident, name="page"),
    path("incidents/<uuid:incident_id>/steps/", views.add_step, name="step"),
    path("incidents/<uuid:incident_id>/close/", views.close, name="close"),
    path("incidents/<uuid:incident_id>/scope/", views.scope, name="scope"),
    path("incidents/<uuid:incident_id>/told/", views.describe, name="describe"),
    path("incidents/<uuid:incident_id>/notice/<str:notice>/", views.notice, name="notice"),
    path("incidents/<uuid:incident_id>/codes/", views.codes, name="codes"),
]
