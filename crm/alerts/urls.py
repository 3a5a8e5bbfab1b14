from django.urls import path

from crm.alerts import views

app_name = "alerts"
urlpatterns = [
    path("alerts/", views.alerts, name="list"),
    path("alerts/<uuid:alert_id>/", views.alert, name="page"),
    path("alerts/<uuid:alert_id>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("alerts/<uuid:alert_id>/close/", views.close, name="close"),
]
