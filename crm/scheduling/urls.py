"""Addresses of the desk's day."""

from django.urls import path

from crm.scheduling import views

app_name = "scheduling"
urlpatterns = [
    path("", views.board, name="board"),
    path("arrivals/", views.find_arrival, name="find-arrival"),
    path("arrivals/<str:code>/", views.arrive, name="arrive"),
    path("expected/<str:code>/", views.expect, name="expect"),
    path("visits/<uuid:visit_id>/call/", views.call, name="call"),
    path("visits/<uuid:visit_id>/done/", views.finish, name="finish"),
    path("visits/<uuid:visit_id>/left/", views.leave, name="leave"),
    path("visits/<uuid:visit_id>/undo/", views.undo, name="undo"),
]
