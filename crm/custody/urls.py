from django.urls import path

from crm.custody import views

app_name = "custody"
urlpatterns = [
    path("keys/", views.keys, name="keys"),
    path("keys/rotate/", views.rotate, name="rotate"),
    path("keys/rewrap/", views.rewrap, name="rewrap"),
    path("keys/retire/", views.retire, name="retire"),
]
