from django.urls import path

from crm.access_requests import views

app_name = "access"
urlpatterns = [
    path("", views.overview, name="list"),
    path("ask/", views.ask, name="ask"),
    path("break-glass/", views.break_glass, name="break-glass"),
    path("<uuid:request_id>/", views.decide, name="decide"),
    path("<uuid:request_id>/withdraw/", views.withdraw, name="withdraw"),
    path("<uuid:request_id>/end/", views.end, name="end"),
    path("<uuid:request_id>/judge/", views.judge, name="judge"),
    path("suspended/<uuid:staff_id>/lift/", views.lift, name="lift"),
]
