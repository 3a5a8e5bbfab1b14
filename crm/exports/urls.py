from django.urls import path

from crm.exports import views

app_name = "exports"
urlpatterns = [
    path("", views.overview, name="list"),
    path("ask/", views.ask, name="ask"),
    path("trace/", views.trace, name="trace"),
    path("<uuid:outgoing_id>/", views.page, name="page"),
    path("<uuid:outgoing_id>/decide/", views.decide, name="decide"),
    path("<uuid:outgoing_id>/withdraw/", views.withdraw, name="withdraw"),
    path("<uuid:outgoing_id>/download/", views.download, name="download"),
    path("<uuid:outgoing_id>/password/", views.password, name="password"),
]
