"""What a version's page says about where it stands, in both languages."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import translation

from consult.fees import selectors, services
from consult.fees.lifecycle import State
from consult.fees.models import EstimateVersion
from consult.fees.problems import NotAnEstimate
from consult.fees.sheets import progress_of
from tests.factories.fees import line, make_version

pytestmark = pytest.mark.django_db


def page_of(client, version: EstimateVersion, query: str = "") -> str:
    path = reverse("consult:estimate-version", args=[version.estimate.number, version.number])
    return client.get(path + query).content.decode()


@pytest.mark.parametrize(
    ("state", "marks"),
    [
        (State.DRAFT, ["done", "on", "", "", ""]),
        (State.ISSUED, ["done", "done", "on", "", ""]),
        (State.EXPLAINED, ["done", "done", "done", "on", ""]),
        (State.ACCEPTED, ["done", "done", "done", "done", "done"]),
        (State.DECLINED, ["done", "done", "", "done", ""]),
    ],
)
def test_the_stepper_follows_the_state(sign_in_as, patient, carer, state, marks) -> None:
    version = make_version(patient, carer, state=state)

    assert [stage.mark for stage in progress_of(version)] == marks
    assert "38,620.00" in page_of(sign_in_as(carer), version)


def test_a_superseded_version_waits_for_nothing(sign_in_as, patient, carer) -> None:
    first = make_version(patient, carer, state=State.ISSUED)
    second = services.revise_estimate(estimate=first.estimate, actor=carer)
    lines = selectors.open_version(version=second, staff=carer).current.lines
    services.save_draft(
        version=second, revision=1, title=None, reason="加一次", lines=lines, actor=carer
    )
    services.issue_version(version=second, revision=2, actor=carer)
    first.refresh_from_db()

    assert [stage.mark for stage in progress_of(first)] == ["done", "done", "", "", ""]
    client = sign_in_as(carer)
    page = page_of(client, first)
    assert 'id="issue"' not in page
    assert 'id="step-' not in page
    for query in ("?against=0", "?against=1", "?against=9", "?against=x", "?against=99999"):
        assert "38,620.00" in page_of(client, second, query)


@pytest.mark.parametrize("step", ["", "nonsense", "issued", "superseded", "accepted"])
def test_only_the_next_steps_are_taken(sign_in_as, patient, carer, step) -> None:
    version = make_version(patient, carer, state=State.ISSUED)
    path = reverse("consult:estimate-step", args=[version.estimate.number, 1])

    answer = sign_in_as(carer).post(path, {"step": step, "idempotency_key": str(uuid4())})

    assert answer.status_code == 422
    version.refresh_from_db()
    assert version.state == State.ISSUED


def test_texts_out_of_bounds_are_refused_with_their_place(patient, carer) -> None:
    with pytest.raises(NotAnEstimate) as refused:
        services.create_estimate(
            patient=patient, title="长" * 61, lines=[line(), line(unit="长" * 13)], actor=carer
        )

    assert [(number, one.field) for number, one in refused.value.findings] == [
        (0, "title"),
        (2, "unit"),
    ]


def test_a_long_reason_is_said_at_its_field(sign_in_as, patient, carer) -> None:
    first = make_version(patient, carer, state=State.DECLINED)
    second = services.revise_estimate(estimate=first.estimate, actor=carer)
    path = reverse("consult:estimate-edit", args=[first.estimate.number, 2])
    data = {"reason": "长" * 1001, "revision": "1", "lines": "0", "idempotency_key": str(uuid4())}

    answer = sign_in_as(carer).post(path, data)

    assert answer.status_code == 422
    assert 'href="#id_reason"' in answer.content.decode()
    second.refresh_from_db()
    assert second.revision == 1


def test_the_page_speaks_english_too(sign_in_as, patient, carer) -> None:
    version = make_version(patient, carer, title="Protocol", lines=[line("Scan", unit="each")])
    client = sign_in_as(carer)
    client.cookies["django_language"] = "en"

    with translation.override("en"):
        page = page_of(client, version)

    assert "Possible complications" in page
    assert "What comes next" in page


def test_the_patient_page_leads_to_estimates(sign_in_as, patient, carer, receptionist) -> None:
    path = reverse("patients:page", args=[patient.code])
    panel = reverse("consult:patient-estimates", args=[patient.code])
    create = reverse("consult:estimate-create", args=[patient.code])
    make_version(patient, carer)
    client = sign_in_as(carer)

    mine, theirs = (one.get(path).content.decode() for one in (client, sign_in_as(receptionist)))

    assert f'hx-get="{panel}"' in mine
    assert f'href="{create}"' in mine
    assert f'href="{create}"' not in theirs
    part = client.get(panel, HTTP_HX_REQUEST="true").content.decode()
    assert "促排卵方案" in part
    assert "<html" not in part
