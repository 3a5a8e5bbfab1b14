from django.urls import path

from crm.trail import views

app_name = "trail"
urlpatterns = [
    path("audit/", views.trail, name="list"),
    path("audit/own/", views.own, name="own"),
    path("audit/seal/", views.seal, name="seal"),
    path("audit/verify/", views.verify, name="verify"),
    path("audit/export/", views.export, name="export"),
    path("audit/months/", views.months, name="months"),
    path("audit/months/export/", views.export_month, name="month-export"),
    path("audit/months/<uuid:export_id>/sheet/", views.sheet, name="sheet"),
    path("audit/months/old/", views.old_months, name="old-months"),
    path("audit/months/old/ask/", views.ask_retirement, name="ask-retirement"),
    path("audit/months/old/approve/", views.approve_retirement, name="approve-retirement"),
    path("audit/events/<uuid:event_id>/", views.event, name="event"),
]
