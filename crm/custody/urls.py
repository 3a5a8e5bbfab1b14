from django.urls import path

from crm.custody import erasure_views, restriction_views, views

app_name = "custody"
RESTRICTION = "restrictions/<uuid:restriction_id>"
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
    path("restrictions/new/", restriction_views.restrict, name="restrict"),
    path(f"{RESTRICTION}/", restriction_views.restriction, name="restriction"),
    path(f"{RESTRICTION}/ask/", restriction_views.ask_lift, name="ask-lift"),
    path(f"{RESTRICTION}/lift/", restriction_views.lift, name="lift-restriction"),
    path(f"{RESTRICTION}/keep/", restriction_views.keep, name="keep-restriction"),
]
