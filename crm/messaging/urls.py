"""Addresses of the outbox, and the one the provider pushes to."""

from django.urls import path

from crm.messaging import views

app_name = "messaging"
urlpatterns = [
    path("messages/", views.message_list, name="list"),
    path("messages/ledger/", views.ledger, name="ledger"),
    path("messages/<uuid:message_id>/settle/", views.settle, name="settle"),
    path("hooks/sms/<str:token>/", views.sms_callback, name="sms-callback"),
]
