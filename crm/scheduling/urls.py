"""Addresses of the desk's day."""

from django.urls import path

from crm.scheduling.views import day, rooms

app_name = "scheduling"
urlpatterns = [
    path("", day.board, name="board"),
    path("rooms/", rooms.rooms, name="rooms"),
    path("rooms/<uuid:room_id>/", rooms.rename, name="room-rename"),
    path("rooms/<uuid:room_id>/retire/", rooms.retire, name="room-retire"),
    path("arrivals/", day.find_arrival, name="find-arrival"),
    path("arrivals/<str:code>/", day.arrive, name="arrive"),
    path("expected/", day.find_expected, name="find-expected"),
    path("expected/<str:code>/", day.expect, name="expect"),
    path("visits/<uuid:visit_id>/arrive/", day.arrive_by_number, name="arrive-by-number"),
    path("visits/<uuid:visit_id>/call/", day.call, name="call"),
    path("visits/<uuid:visit_id>/done/", day.finish, name="finish"),
    path("visits/<uuid:visit_id>/left/", day.leave, name="leave"),
    path("visits/<uuid:visit_id>/undo/", day.undo, name="undo"),
]
