"""Addresses of first contact to agreement. Included at the root, without a prefix."""

from django.urls import include, path

app_name = "consult"
urlpatterns = [
    path("", include("consult.consultations.urls")),
    path("", include("consult.fees.urls")),
]
