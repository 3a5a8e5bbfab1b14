from django.urls import path

from crm.custody import erasure_views, views

app_name = "custody"
ONE = "erasures/<uuid:erasure_id>"
urlpatterns = [
    path("keys/", views.keys, name="keys"),
    path("keys/rotate/", views.rotate, name="rotate"),
    path("keys/rewrap/", views.rewrap, name="rewrap"),
    path("keys/retire/", views.retire, name="retire"),
    path("erasures/", erasure_views.erasures, name="erasures"),
    path("erasures/ask/", erasure_views.ask, name="ask-erasure"),
    path("erasures/<uuid:erasure_id>/", erasure_views.erasure, name="erasure"),
    path("erasures/<uuid:erasure_id>/confirm/", erasure_views.confirm, name="confirm-erasure"),
    path(
        "erasures/<uuid:erasure_id>/carry-out/", erasure_views.carry_out, name="carry-out-erasure"
    ),
    path("erasures/<uuid:erasure_id>/call-off/", erasure_views.call_off, name="call-off-erasure"),
]
