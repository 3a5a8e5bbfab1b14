"""Writing a draft in the browser: sums by the server, nothing typed is lost, nobody overwrites."""

import re
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from consult.fees import problems, selectors, services
from consult.fees.forms import posted_rows, row_of
from consult.fees.lifecycle import State
from consult.fees.models import Estimate, EstimateLine, EstimateVersion
from consult.fees.rules import Finding, Problem
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.fees import PriceItemFactory, full_course, line, make_version

pytestmark = pytest.mark.django_db

HX = {"HTTP_HX_REQUEST": "true"}


def typed(*rows: dict[str, str], do: str = "save", **more: str) -> dict[str, str]:
    """A posted draft; each row is what is typed over a good line."""
    good = {
        "category": "basic", "item": "B 超监测", "unit": "次", "quantity": "6", "low": "320.00",
        "coverage": "partial",
    }  # fmt: skip
    data = {
        "do": do,
        "idempotency_key": str(uuid4()),
        "title": "促排卵方案",
        "lines": str(len(rows)),
    }
    for index, row in enumerate(rows):
        data |= {f"line-{index}-{name}": value for name, value in {**good, **row}.items()}
    return data | more


def new_url(patient) -> str:
    return reverse("consult:estimate-create", args=[patient.code])


def edit_url(version: EstimateVersion) -> str:
    return reverse("consult:estimate-edit", args=[version.estimate.number, version.number])


def as_typed(version: EstimateVersion, staff, **change: str) -> dict[str, str]:
    opened = selectors.open_version(version=version, staff=staff)
    rows = [row_of(one) for one in opened.current.lines]
    return typed(*rows, revision=str(opened.current.version.revision), **change)


def test_a_draft_is_saved_with_a_number(sign_in_as, patient, carer) -> None:
    client = sign_in_as(carer)

    answer = client.post(new_url(patient), typed({}, {"low": "1,200.00", "high": "１５００"}))

    version = EstimateVersion.objects.get()
    assert answer.status_code == 302
    assert answer.url.endswith(f"/fees/{version.estimate.number}/v1/")
    low, high = EstimateLine.objects.order_by("position").values_list("amount_low", "amount_high")[
        1
    ]
    assert (low, high) == (Decimal("7200.00"), Decimal("9000.00"))


def test_opening_the_empty_form_stores_nothing(sign_in_as, patient, carer) -> None:
    answer = sign_in_as(carer).get(new_url(patient))

    assert answer.status_code == 200
    assert not Estimate.objects.exists()


def test_the_same_form_sent_twice_is_one_estimate(sign_in_as, patient, carer) -> None:
    client, data = sign_in_as(carer), typed({})

    first, second = client.post(new_url(patient), data), client.post(new_url(patient), data)

    assert first.url == second.url
    assert Estimate.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"low": "-5"}, "low"),
        ({"low": "1e12"}, "low"),
        ({"low": "1000000000000"}, "low"),
        ({"low": "NaN"}, "low"),
        ({"low": "Infinity"}, "low"),
        ({"low": "免费"}, "low"),
        ({"low": ""}, "low"),
        ({"low": "1.005"}, "low"),
        ({"low": "9" * 400}, "low"),
        ({"low": "9999999", "quantity": "9999"}, "quantity"),
        ({"quantity": "0"}, "quantity"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"high": "1"}, "high"),
        ({"item": ""}, "item"),
        ({"item": "长" * 81}, "item"),
        ({"item": "a\x00b"}, "item"),
        ({"unit": ""}, "unit"),
        ({"insurance": "长" * 201}, "insurance"),
        ({"coverage": "all"}, "coverage"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    sign_in_as, patient, carer, row, place
) -> None:
    answer = sign_in_as(carer).post(new_url(patient), typed({"item": "初诊"}, row))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'href="#id_line-1-{place}"' in page
    assert 'value="初诊"' in page
    shown = next(iter(row.values()))
    if shown and place != "coverage" and "\x00" not in shown:
        assert f'value="{shown}"' in page
    assert not Estimate.objects.exists()


@pytest.mark.parametrize(
    ("text", "amount"), [("１２０", "720.00"), ("1,200.00", "7200.00"), (" ￥120元 ", "720.00")]
)
def test_numbers_are_taken_as_people_type_them(sign_in_as, patient, carer, text, amount) -> None:
    sign_in_as(carer).post(new_url(patient), typed({"low": text}))

    assert EstimateLine.objects.get().amount_low == Decimal(amount)


def test_a_title_is_needed_and_bounded(sign_in_as, patient, carer) -> None:
    client = sign_in_as(carer)
    for title in ("", "  ", "长" * 61):
        answer = client.post(new_url(patient), typed({}, title=title))
        assert answer.status_code == 422
        assert 'href="#id_title"' in answer.content.decode()


def test_sums_come_from_the_server_without_storing(sign_in_as, patient, carer) -> None:
    data = typed({}, {"category": "surgery", "low": "oops"}, do="recalculate")

    answer = sign_in_as(carer).post(new_url(patient), data, **HX)

    page = re.sub(r"\s+", " ", answer.content.decode()).replace("> ", ">")
    assert 'id="sum-line-0" hx-swap-oob="true">1,920.00' in page
    assert 'id="sum-line-1" hx-swap-oob="true"><span class="dim">—' in page
    assert 'id="sum-all" hx-swap-oob="true">1,920.00' in page
    assert "壹仟玖佰贰拾元整" in page
    assert not Estimate.objects.exists()


NUMBER, NAMED = "请致电 13812345678", "张伟已同意"


@pytest.mark.parametrize("place", ["item", "unit", "insurance", "title"])
def test_no_number_of_anybody_stands_in_an_estimate(sign_in_as, patient, carer, place) -> None:
    given = "13812345678" if place == "unit" else NUMBER
    row, more = ({}, {"title": given}) if place == "title" else ({place: given}, {})
    answer = sign_in_as(carer).post(new_url(patient), typed(row, **more))
    assert answer.status_code == 422
    assert given in answer.content.decode()  # what was typed is kept
    assert not Estimate.objects.exists()


@pytest.mark.parametrize("place", ["item", "insurance", "title"])
def test_what_looks_like_a_name_is_asked_about(sign_in_as, patient, carer, place) -> None:
    client = sign_in_as(carer)
    name = "title" if place == "title" else f"line-0-{place}"
    sent = typed({}) | {name: NAMED}
    answer = client.post(new_url(patient), sent)
    page = answer.content.decode()
    assert (answer.status_code, NAMED in page) == (422, True)
    assert f'type="checkbox" name="{name}_names_nobody"' in page
    assert not Estimate.objects.exists()

    said = sent | {f"{name}_names_nobody": "on", "idempotency_key": str(uuid4())}
    assert client.post(new_url(patient), said).status_code == 302


def test_the_reason_of_a_change_is_looked_through_too(sign_in_as, patient, carer) -> None:
    version = make_version(patient, carer, state=State.ISSUED)
    later = services.revise_estimate(estimate=version.estimate, actor=carer)
    client = sign_in_as(carer)
    for reason in (NUMBER, NAMED):
        answer = client.post(edit_url(later), as_typed(later, carer, reason=reason))
        assert (answer.status_code, reason in answer.content.decode()) == (422, True)
    said = as_typed(later, carer, reason=NAMED, reason_names_nobody="on")
    assert client.post(edit_url(later), said).status_code == 302


def test_the_tick_of_a_line_stays_while_the_table_is_drawn_anew(sign_in_as, patient, carer):
    ticked = typed({"item": NAMED, "item_names_nobody": "on"}, do="add:basic")
    page = sign_in_as(carer).post(new_url(patient), ticked, **HX).content.decode()
    assert '<input type="hidden" name="line-0-item_names_nobody" value="on">' in page
    assert "line-1-item_names_nobody" not in page


@pytest.mark.parametrize("place", ["title", "reason", "item", "unit", "insurance"])
def test_no_other_door_takes_a_number(patient, carer, place) -> None:
    version = make_version(patient, carer)
    texts = {"title": "促排卵方案", "reason": ""}
    good = line()
    if place in texts:
        texts[place] = NUMBER
    else:
        good = replace(good, **{place: "13812345678"})
    with pytest.raises(problems.NotAnEstimate) as refused:
        services.save_draft(version=version, revision=1, lines=[good], actor=carer, **texts)
    where = 0 if place in texts else 1
    assert refused.value.findings == [(where, Finding(place, Problem.OF_A_PERSON))]


def test_lines_come_from_the_price_book_and_go(sign_in_as, patient, carer, clinic) -> None:
    PriceItemFactory.create(clinic=clinic, code="US-1", name="B 超", price="320.00")
    PriceItemFactory.create(code="XX-1", name="别院的")
    client = sign_in_as(carer)

    page = client.get(new_url(patient)).content.decode()
    assert "B 超 · 320.00 / 次" in page
    assert "别院的" not in page
    data = typed({}, do="pick:basic") | {"pick-basic": "US-1"}
    page = client.post(new_url(patient), data, **HX).content.decode()
    assert 'name="lines" value="2"' in page
    assert re.search(r'name="line-1-low" value="320.00"', page)
    page = client.post(
        new_url(patient), typed({"item": "甲"}, {"item": "乙"}, do="remove:0"), **HX
    ).content.decode()
    assert 'value="乙"' in page
    assert 'value="甲"' not in page
    for nonsense in ("pick:basic", "remove:99", "remove:x", "add:nothing", "x", "pick:", ":"):
        assert client.post(new_url(patient), typed({}, do=nonsense), **HX).status_code == 200


def test_without_scripts_the_buttons_answer_with_the_whole_page(sign_in_as, patient, carer) -> None:
    answer = sign_in_as(carer).post(new_url(patient), typed({}, do="add:surgery"))

    assert answer.status_code == 200
    assert "<!doctype html>" in answer.content.decode()
    assert 'name="line-1-category" value="surgery"' in answer.content.decode()


def test_blank_rows_and_tampered_rows_do_no_harm(sign_in_as, patient, carer) -> None:
    key = str(uuid4())
    blank = {"item": "", "low": "", "unit": "", "coverage": "none"}
    rows = [{"key": key}, {"key": key, "item": "二"}, blank, {"category": "gift"}]

    answer = sign_in_as(carer).post(new_url(patient), typed(*rows))

    assert answer.status_code == 302
    assert EstimateLine.objects.count() == 2


@pytest.mark.parametrize("count", ["", "x", "-1", "１", "99999999999"])
def test_a_nonsense_count_is_an_empty_draft(sign_in_as, patient, carer, count) -> None:
    answer = sign_in_as(carer).post(new_url(patient), typed() | {"lines": count})

    assert answer.status_code == 302


def test_too_many_lines_are_refused(sign_in_as, patient, carer) -> None:
    answer = sign_in_as(carer).post(new_url(patient), typed(*[{}] * 201))

    assert answer.status_code == 422
    assert "200" in answer.content.decode()


def test_of_two_editors_the_second_sees_both_wordings(
    sign_in_as, patient, carer, receptionist
) -> None:
    doctor = carer
    version = make_version(patient, doctor)
    mine, theirs = as_typed(version, doctor), as_typed(version, doctor)
    client = sign_in_as(doctor)
    assert client.post(edit_url(version), theirs | {"line-0-low": "130"}).status_code == 302

    answer = client.post(edit_url(version), mine | {"line-0-low": "150"})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "130.00" in page
    assert 'value="150"' in page
    assert 'name="revision" value="2"' in page
    version.refresh_from_db()
    assert version.lines.get(position=1).price_low == Decimal("130.00")
    # Saving again from that page replaces theirs, knowingly.
    again = mine | {"line-0-low": "150", "revision": "2", "idempotency_key": str(uuid4())}
    assert client.post(edit_url(version), again).status_code == 302
    assert version.lines.get(position=1).price_low == Decimal("150.00")


def test_a_draft_issued_meanwhile_is_not_saved_over(sign_in_as, patient, carer) -> None:
    version = make_version(patient, carer)
    mine = as_typed(version, carer)
    services.issue_version(version=version, revision=1, actor=carer)

    answer = sign_in_as(carer).post(edit_url(version), mine | {"line-0-low": "150"})

    assert answer.status_code == 409
    assert 'value="150"' in answer.content.decode()
    assert version.lines.get(position=1).price_low == Decimal("120.00")


def test_an_issued_version_is_not_opened_for_editing(sign_in_as, patient, carer) -> None:
    version = make_version(patient, carer, state=State.ISSUED)

    answer = sign_in_as(carer).get(edit_url(version))

    assert answer.status_code == 302


def test_a_change_needs_its_reason_before_it_is_issued(sign_in_as, patient, carer) -> None:
    first = make_version(patient, carer, state=State.ACCEPTED)
    client = sign_in_as(carer)
    key = {"idempotency_key": str(uuid4())}
    answer = client.post(reverse("consult:estimate-revise", args=[first.estimate.number]), key)
    second = EstimateVersion.objects.get(number=2)
    assert answer.url == edit_url(second)
    issue = reverse("consult:estimate-issue", args=[first.estimate.number, 2])

    refused = client.post(issue, {"revision": "1", "idempotency_key": str(uuid4())})
    saved = client.post(edit_url(second), as_typed(second, carer, reason="延长 <b>两</b> 天"))
    issued = client.post(issue, {"revision": "2", "idempotency_key": str(uuid4())})

    assert (refused.status_code, saved.status_code, issued.status_code) == (422, 302, 302)
    page = client.get(issued.url).content.decode()
    assert "延长 &lt;b&gt;两&lt;/b&gt; 天" in page


def test_issuing_what_was_not_on_the_screen_is_a_conflict(sign_in_as, patient, carer) -> None:
    version = make_version(patient, carer)
    services.save_draft(
        version=version, revision=1, title="新", reason="", lines=[line()], actor=carer
    )
    issue = reverse("consult:estimate-issue", args=[version.estimate.number, 1])

    for revision in ("1", "x", ""):
        data = {"revision": revision, "idempotency_key": str(uuid4())}
        assert sign_in_as(carer).post(issue, data).status_code == 409


def test_saving_is_booked_without_words(sign_in_as, patient, carer) -> None:
    sign_in_as(carer).post(new_url(patient), typed({"item": "卵巢过度刺激"}))

    with acting_as(READER):
        event = AuditEvent.objects.get(action="estimate.created")
        assert event.codes == [patient.code]
        assert "estimateline.item" in event.fields
        assert "刺激" not in str(event.detail)


def test_posted_rows_of_a_full_course_come_back_the_same() -> None:
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    data.update(typed(*[row_of(one) for one in full_course()]))

    rows = posted_rows(data)

    assert [row["item"] for row in rows] == [one.item for one in full_course()]
    assert [row.get("by_occurrence", "") for row in rows][-1] == "on"
