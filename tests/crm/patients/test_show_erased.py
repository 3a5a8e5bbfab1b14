"""After an erasure pages say so in the value's place: no code, no error, no alarm in the trail."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext as _

from consult.consultations.models import Consultation
from consult.fees.models import Estimate
from crm.patients.models import Patient
from crm.patients.team_models import CareTeamMember
from crm.web.idempotency import FIELD
from privacy.access.policy import Role
from privacy.custody import erasure, ledger_file
from tests.architecture.routes import Route, routes
from tests.factories.people import UserFactory
from tests.factories.whole import whole_patient

pytestmark = pytest.mark.django_db(transaction=True)
ROLES = (Role.FRONT_DESK, Role.CONSULTANT, Role.DOCTOR, Role.FINANCE, Role.FOLLOWUP_AGENT)


@pytest.fixture
def forgotten(settings, tmp_path) -> Patient:
    """A patient of whom every sealed value was erased, so late that the law let go of it."""
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    patient = whole_patient()
    for zone in ("contact", "clinical"):
        _shred(patient, zone)
    return patient


def said(page: str) -> bool:
    return _("erased as requested") in page or _("Erased as requested") in page


def _shred(patient: Patient, zone: str) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(erasure, "refuse_while_kept", lambda _subject, _zone: None)
    try:
        erasure.shred(subject=patient, zone=zone, reason="period_over", process="test")
    finally:
        patch.undo()


def addresses(patient: Patient) -> list[tuple[Route, str]]:
    """Every address about a patient that can be made from what this one has."""
    draft = Consultation.objects.filter(patient=patient, status="draft").get()
    known = {
        "code": patient.code,
        "consultation_id": draft.pk,
        "number": Estimate.objects.filter(patient=patient).first().number,
    }
    return [
        (route, reverse(route.name, kwargs={key: known[key] for key in route.kwargs}))
        for route in routes()
        if route.kwargs and set(route.kwargs) <= set(known) and route.takes("GET")
    ]


def viewer(patient: Patient, role: Role, sign_in_as) -> Client:
    user = UserFactory.create(clinic=patient.clinic, role=role)
    CareTeamMember.objects.create(patient=patient, staff=user)
    return sign_in_as(user)


@pytest.mark.parametrize("role", ROLES)
def test_no_page_about_them_fails_or_shows_a_code(forgotten, sign_in_as, booked, role) -> None:
    client = viewer(forgotten, role, sign_in_as)
    seen = {}
    for route, url in addresses(forgotten):
        answer = client.get(url)
        seen[route.name] = answer.status_code
        text = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code < 500, route.name
        assert b"data-unreadable" not in text, route.name
        assert b"E-KEY" not in text, route.name
        if answer.status_code == 410:
            assert said(text.decode()) or b'"erased"' in text, route.name
    assert seen["patients:page"] == 200
    assert len(seen) > 20
    assert booked("crypto.failed") == []


def test_the_patients_page_says_it_in_the_place_of_each_value(forgotten, sign_in_as) -> None:
    page = viewer(forgotten, Role.DOCTOR, sign_in_as).get(f"/patients/{forgotten.code}/")
    assert page.content.decode().count(_("erased as requested")) >= 3
    assert b"data-erased" in page.content


def test_a_reveal_answers_with_the_same_words(forgotten, sign_in_as) -> None:
    client = viewer(forgotten, Role.CONSULTANT, sign_in_as)
    answer = client.post(
        f"/patients/{forgotten.code}/reveal/",
        {"field": "phone", "purpose": "call", "reason": "致电患者确认预约时间"},
    )
    text = answer.content.decode()
    assert (answer.status_code, said(text)) == (200, True), text


def test_nothing_can_be_written_over_it(forgotten, sign_in_as) -> None:
    client = viewer(forgotten, Role.FRONT_DESK, sign_in_as)
    answer = client.post(
        f"/patients/{forgotten.code}/contact/",
        {"name": "新名", "phone": "13900001111", FIELD: str(uuid4())},
    )
    assert answer.status_code < 500
    words = _("These data were erased as requested; nothing can be added.")
    assert words in answer.content.decode()


def test_neither_search_nor_list_fails(forgotten, sign_in_as) -> None:
    client = viewer(forgotten, Role.FRONT_DESK, sign_in_as)
    listed = client.get("/patients/").content.decode()
    assert said(listed)
    for term in ("欧阳明", "13800138000", forgotten.code):
        found = client.post("/search/", {"q": term})
        assert found.status_code < 500
        assert b"data-unreadable" not in found.content
