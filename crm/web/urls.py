"""Addresses that belong to no feature. Included at the root, without a prefix."""

from django.urls import path

from crm.web import views

app_name = "web"
urlpatterns = [
    path("healthz/live/", views.live, name="live"),
    path("healthz/ready/", views.ready, name="ready"),
    path("csp-report/", views.csp_report, name="csp-report"),
    path("i18n/setlang/", views.set_language, name="set-language"),
]
