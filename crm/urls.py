"""The roof: the only file that knows every door."""

from django.urls import include, path

urlpatterns = [
    path("", include("crm.staff.urls")),
]
