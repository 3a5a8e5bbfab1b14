"""Addresses of the registry. A patient's code is the only thing in them."""

from django.urls import path, register_converter

from crm.patients.views import (
    acting,
    collecting,
    consents,
    guarding,
    listing,
    off_hours,
    page,
    printing,
    registering,
)


class CodeConverter:
    """A patient code as it is written: eight characters, upper case."""

    regex = "[0-9A-Z]{8}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(CodeConverter, "code")

app_name = "patients"
urlpatterns = [
    path("", listing.patient_list, name="list"),
    path("new/", registering.register, name="register"),
    path("new/similar/", registering.check_doubles, name="similar"),
    path("standard/", collecting.standard, name="standard"),
    path("<code:code>/facts/", collecting.facts, name="facts"),
    path("<code:code>/facts/<slug:fact>/", collecting.fact, name="fact"),
    path("guarded/", guarding.guarded, name="guarded"),
    path("guarded/<uuid:guard_id>/", guarding.lift, name="lift-guard"),
    path("guarded/doubles/<uuid:double_id>/", guarding.settle, name="settle-double"),
    path("<code:code>/guard/", guarding.guard, name="guard"),
    path("<code:code>/", page.patient_page, name="page"),
    path("<code:code>/registered/", registering.registered, name="registered"),
    path("<code:code>/label/", printing.label, name="label"),
    path("<code:code>/ticket/", printing.ticket, name="ticket"),
    path("<code:code>/qr.svg", printing.qr, name="qr"),
    path("<code:code>/timeline/", page.timeline, name="timeline"),
    path("<code:code>/looked/", page.who_looked, name="who-looked"),
    path("<code:code>/why/", off_hours.why, name="say-why"),
    path("<code:code>/reveal/", acting.reveal_field, name="reveal"),
    path("<code:code>/contact/", acting.change_contact, name="contact"),
    path("<code:code>/stage/", acting.change_stage, name="stage"),
    path("<code:code>/team/", acting.add_to_team, name="team-add"),
    path("<code:code>/team/<uuid:member_id>/remove/", acting.remove_from_team, name="team-remove"),
    path("<code:code>/consents/", consents.consent_desk, name="consents"),
    path("<code:code>/consents/stop/", consents.stop_all, name="consents-stop"),
    path("<code:code>/consents/<slug:cell>/", consents.answer_cell, name="consent"),
]
