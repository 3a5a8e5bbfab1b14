from django.urls import path

from crm.inventory import views

app_name = "inventory"
urlpatterns = [
    path("inventory/", views.inventory, name="list"),
    path("inventory/export/", views.export, name="export"),
]
