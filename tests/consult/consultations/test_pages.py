"""The pages from the first paste to the addendum, as staff use them."""

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from consult.consultations.models import Addendum, Consultation
from tests.consult.consultations.conftest import outcome_fields, posted
from tests.factories.consultations import draft_of, submitted_of

CHAT = """林晓 2026-11-20 09:02:11
您好，请问有什么可以帮您？

小雨 2026-11-20 09:03:40
促排大概多少钱？我电话13812345678

林晓 2026-11-20 09:05:02
费用分四类，身份证 11010519491231002X 不用发给我们。
"""


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
    assert patient.spaced_code in answer.content.decode()


def test_a_patient_panel_answers_htmx_with_a_part(desk, patient, carer):
    draft_of(patient, carer)
    answer = desk.get(
        reverse("consult:patient-consultations", args=[patient.code]),
        headers={"HX-Request": "true"},
    )

    assert "<html" not in answer.content.decode()


NASTY = "<script>alert(1)</script>'\"; DROP TABLE x; -- =cmd|' /C calc'!A0 {{ 7*7 }} {% now %}"


def test_markup_in_every_text_stays_text(desk, patient, carer):
    draft = draft_of(patient, carer, [("unknown", NASTY), ("staff", NASTY)])
    page = reverse("consult:draft", args=[draft.pk])
    fields = outcome_fields(draft, keyword=NASTY, note=NASTY, submit="1")
    assert "<script>alert" not in desk.get(page).content.decode()

    desk.post(page, fields)
    desk.post(reverse("consult:addendum", args=[draft.pk]), posted(kind="addition", text=NASTY))
    read = desk.get(reverse("consult:consultation", args=[draft.pk])).content.decode()

    assert "<script>alert" not in read
    assert read.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 5
    assert "{{ 7*7 }}" in read


@pytest.mark.parametrize("text", ["䶮𬱖😀👩‍👩‍👧", "１３８ 全角", "第一行\n\n第三行"])
def test_rare_characters_come_back_as_they_went_in(desk, patient, carer, text):
    draft = draft_of(patient, carer, [("patient", text)])

    page = desk.get(reverse("consult:draft", args=[draft.pk])).content.decode()

    assert text in page


def test_an_unrecognisable_paste_stores_nothing_and_keeps_the_text(desk, patient):
    new = reverse("consult:consultation-new", args=[patient.code])

    refused = desk.post(new, posted(channel="phone", paste="今天没有人来，电话13812345678"))

    assert refused.status_code == 422
    assert "今天没有人来" in refused.content.decode()
    assert 'name="as_one"' in refused.content.decode()
    assert not Consultation.objects.exists()


def test_an_unrecognisable_paste_may_be_kept_as_one_message(desk, patient):
    new = reverse("consult:consultation-new", args=[patient.code])

    desk.post(new, posted(channel="phone", paste="今天没有人来", as_one="1"))

    assert Consultation.objects.get().turns.get().speaker == "unknown"


def test_a_paste_of_more_than_two_megabytes_is_refused_in_plain_words(desk, patient):
    new = reverse("consult:consultation-new", args=[patient.code])
    large = "患者：在\n" * 180_000

    for extra in ({}, {"as_one": "1"}):
        refused = desk.post(new, posted(channel="wecom", paste=large, **extra))
        assert refused.status_code == 422
        assert "2 MB" in refused.content.decode()
    assert not Consultation.objects.exists()


def test_a_form_sent_twice_begins_one_record(desk, patient):
    new = reverse("consult:consultation-new", args=[patient.code])
    form = posted(channel="wecom", paste=CHAT)

    first, second = desk.post(new, form), desk.post(new, form)

    assert first.url == second.url
    assert Consultation.objects.count() == 1


def test_what_was_asked_before_is_shown_to_the_next_person(sign_in_as, second, patient, carer):
    submitted_of(patient, carer, note="已问过过敏史：无")
    browser = sign_in_as(second)

    begin = browser.get(reverse("consult:consultation-new", args=[patient.code]))
    draft = draft_of(patient, second)
    page = browser.get(reverse("consult:draft", args=[draft.pk]))

    assert "已问过过敏史" in begin.content.decode()
    assert "已问过过敏史" in page.content.decode()


def test_a_text_that_does_not_open_is_never_a_blank_form(desk, patient, carer):
    draft = draft_of(patient, carer)
    Consultation.objects.filter(pk=draft.pk).update(note=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consult_consultation SET note = %s WHERE id = %s", [b"x" * 80, draft.pk]
        )

    assert desk.get(reverse("consult:draft", args=[draft.pk])).status_code == 503


def test_checking_while_typing_says_what_would_be_covered(desk):
    check = reverse("consult:check")

    found = desk.post(check, {"unsent": "电话 13812345678"}).content.decode()
    clean = desk.post(check, {"note": "没有号码"}).content.decode()

    assert "电话号码 1" in found
    assert "13812345678" not in found
    assert "tip ok" in clean


def test_checking_a_paste_shows_who_is_named_and_covers_nobody(desk):
    paste = "患者王丽华今日复查，电话13812345678，患者王丽华，主任医生"

    page = desk.post(reverse("consult:check"), {"paste": paste}).content.decode()

    assert page.count("王丽华") == 1
    assert "电话号码 1" in page
    assert "主任医生" not in page
