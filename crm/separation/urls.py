from django.urls import path

from crm.separation import views

app_name = "separation"
urlpatterns = [path("separation/", views.overview, name="overview")]
