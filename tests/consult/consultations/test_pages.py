"""The pages from the first paste to the addendum, as staff use them."""

from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from consult.consultations.models import Addendum, Consultation
from tests.factories.consultations import draft_of, submitted_of

CHAT = """林晓 2026-11-20 09:02:11
您好，请问有什么可以帮您？

小雨 2026-11-20 09:03:40
促排大概多少钱？我电话13812345678

林晓 2026-11-20 09:05:02
费用分四类，身份证 11010519491231002X 不用发给我们。
"""


def posted(**fields):
    return {"idempotency_key": str(uuid4()), **fields}


def outcome_fields(draft, **changes):
    fields = {
        "version": draft.version,
        "talk_version": draft.talk_version,
        "channel": "wecom",
        "started_at": "2026-11-20T09:02",
        "source": "brand_search",
        "worries": ["fees", "risk"],
        "explained": ["optional"],
        "disposition": "refer_to_visit",
        "next_step": "await_patient",
        "unsent": "",
        "keyword": "",
        "note": "",
        "need_clarity": "",
        "next_contact_at": "",
    }
    return posted(**{**fields, **changes})


@pytest.fixture
def desk(sign_in_as, carer):
    return sign_in_as(carer)


def test_from_paste_to_addendum(desk, patient):
    new = reverse("consult:consultation-new", args=[patient.code])
    assert desk.get(new).status_code == 200

    began = desk.post(new, posted(channel="wecom", started_at="", paste=CHAT))
    draft = Consultation.objects.get()
    assert began.url == reverse("consult:draft", args=[draft.pk])
    assert timezone.localtime(draft.started_at).strftime("%Y-%m-%d %H:%M") == "2026-11-20 09:02"

    page = desk.get(began.url).content.decode()
    assert "※※※※※※※※※78" in page
    assert "13812345678" not in page
    assert "11010519491231002X" not in page
    assert "小雨" in page

    done = desk.post(began.url, outcome_fields(draft, submit="1", note="先看预估"))
    record = reverse("consult:consultation", args=[draft.pk])
    assert done.url == record
    read = desk.get(record).content.decode()
    assert "促排大概多少钱" in read
    assert "先看预估" in read

    added = desk.post(
        reverse("consult:addendum", args=[draft.pk]), posted(kind="correction", text="应为三类")
    )
    assert added.url.startswith(record)
    assert Addendum.objects.get().kind == "correction"
    assert "应为三类" in desk.get(record).content.decode()


@pytest.mark.parametrize("name", ["consultations", "consultation", "patient-consultations"])
def test_pages_of_submitted_records(desk, patient, carer, name):
    record = submitted_of(patient, carer)
    where = {"consultations": [], "consultation": [record.pk]}.get(name, [patient.code])

    answer = desk.get(reverse(f"consult:{name}", args=where))

    assert answer.status_code == 200
    assert patient.code in answer.content.decode()


def test_a_patient_panel_answers_htmx_with_a_part(desk, patient, carer):
    draft_of(patient, carer)
    answer = desk.get(
        reverse("consult:patient-consultations", args=[patient.code]),
        headers={"HX-Request": "true"},
    )

    assert "<html" not in answer.content.decode()
