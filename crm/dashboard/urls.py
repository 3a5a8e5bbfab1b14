"""The root of the site."""

from django.urls import path

from crm.dashboard import views

app_name = "desk"
urlpatterns = [path("", views.home, name="home")]
