from django.urls import path

from crm.honey import views

app_name = "honey"
urlpatterns = [
    path("honey/", views.honey, name="list"),
    path("honey/plant/", views.plant, name="plant"),
    path("honey/<uuid:honey_id>/retire/", views.retire, name="retire"),
]
