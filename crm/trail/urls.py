from django.urls import path

from crm.trail import head_views, views

app_name = "trail"
urlpatterns = [
    path("audit/", views.trail, name="list"),
    path("audit/own/", views.own, name="own"),
    path("audit/seal/", views.seal, name="seal"),
    path("audit/verify/", views.verify, name="verify"),
    path("audit/export/", views.export, name="export"),
    path("audit/heads/", head_views.heads, name="heads"),
    path("audit/heads/compare/", head_views.compare, name="compare"),
    path("audit/heads/<uuid:copy_id>/token/", head_views.token, name="token"),
    path("audit/months/", views.months, name="months"),
    path("audit/months/export/", views.export_month, name="month-export"),
    path("audit/months/<uuid:export_id>/sheet/", views.sheet, name="sheet"),
    path("audit/months/old/", views.old_months, name="old-months"),
    path("audit/months/old/ask/", views.ask_retirement, name="ask-retirement"),
    path("audit/months/old/approve/", views.approve_retirement, name="approve-retirement"),
    path("audit/events/<uuid:event_id>/", views.event, name="event"),
]
