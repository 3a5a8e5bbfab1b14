from django.urls import include, path

app_name = "consult"
urlpatterns = [
    path("", include("consult.consultations.urls")),
]
