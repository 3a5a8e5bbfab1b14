"""Who comes through which door, what the list shows, and what the trail says of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from consult.fees import services
from consult.fees.lifecycle import State
from consult.fees.models import Estimate, EstimateVersion
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.access import reached
from tests.factories.fees import PriceItemFactory, full_course, line, make_version
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db

NUMBER = "estimate"


def doors(version: EstimateVersion, code: str) -> dict[str, tuple[str, str, Permission]]:
    number, n = version.estimate.number, version.number
    view, edit = Permission.VIEW_ESTIMATES, Permission.EDIT_ESTIMATE
    return {
        "version": ("get", reverse("consult:estimate-version", args=[number, n]), view),
        "newest": ("get", reverse("consult:estimate", args=[number]), view),
        "print": ("get", reverse("consult:estimate-print", args=[number, n]), view),
        "panel": ("get", reverse("consult:patient-estimates", args=[code]), view),
        "create": ("get", reverse("consult:estimate-create", args=[code]), edit),
        "edit": ("get", reverse("consult:estimate-edit", args=[number, n]), edit),
        "issue": ("post", reverse("consult:estimate-issue", args=[number, n]), edit),
        "step": ("post", reverse("consult:estimate-step", args=[number, n]), edit),
        "revise": ("post", reverse("consult:estimate-revise", args=[number]), edit),
    }


def knock(client, method: str, path: str):
    data = {"idempotency_key": str(uuid4()), "step": "explained", "revision": "1"}
    return client.get(path) if method == "get" else client.post(path, data)


@pytest.mark.parametrize("role", list(Role))
def test_every_door_asks_for_its_permission(sign_in_as, patient, carer, clinic, role) -> None:
    version = make_version(patient, carer, state=State.ISSUED)
    member = UserFactory.create(clinic=clinic, role=role)
    reached(patient, member)
    client = sign_in_as(member)

    for name, (method, path, permission) in doors(version, patient.code).items():
        status = knock(client, method, path).status_code
        allowed = role in roles_with(permission)
        assert (status != 403) is allowed, (name, status)
        if allowed:
            assert status in {200, 302, 409, 422}, (name, status)
    listed = client.get(reverse("consult:estimates")).status_code
    assert (listed == 200) is (role in roles_with(Permission.VIEW_ESTIMATES))


def test_strangers_and_colleagues_outside_the_team_find_nothing(
    sign_in_as, patient, carer, colleague, stranger
) -> None:
    version = make_version(patient, carer, state=State.ISSUED)
    widest = UserFactory.create(clinic=stranger.clinic, role=Role.FINANCE)

    for member in (colleague, widest):
        client = sign_in_as(member)
        for name, (method, path, _permission) in doors(version, patient.code).items():
            assert knock(client, method, path).status_code == 404, name
        page = client.get(reverse("consult:estimates")).content.decode()
        assert version.estimate.number not in page
    with acting_as(READER):
        booked = AuditEvent.objects.filter(action="access.not_found", actor=colleague.pk)
        assert booked.exists()
        assert all(event.codes == [patient.code] for event in booked)
    assert EstimateVersion.objects.get().state == State.ISSUED


@pytest.mark.parametrize("path", ["/fees/E-2026-9999/", "/fees/E-2026-0001/v0/", "/fees/x/"])
def test_what_is_not_there_is_not_found(sign_in_as, patient, carer, path) -> None:
    make_version(patient, carer)

    assert sign_in_as(carer).get(path).status_code == 404
    assert sign_in_as(carer).get("/fees/E-2026-0001/v99999999999/").status_code == 404


def test_the_list_shows_all_codes_in_one_event(sign_in_as, receptionist, clinic) -> None:
    people = PatientFactory.create_batch(3, clinic=clinic)
    for one in people:
        make_version(one, receptionist, lines=[line()])

    answer = sign_in_as(receptionist).get(reverse("consult:estimates"))

    assert answer.status_code == 200
    with acting_as(READER):
        event = AuditEvent.objects.get(action="estimates.listed")
        assert event.codes == sorted(one.code for one in people)


def test_the_list_is_filtered_by_its_address(sign_in_as, patient, carer, clinic) -> None:
    other = UserFactory.create(clinic=clinic, role=Role.FINANCE)
    first = make_version(patient, carer, state=State.ACCEPTED).estimate.number
    second = make_version(patient, other, lines=[line()]).estimate.number
    client, url = sign_in_as(other), reverse("consult:estimates")
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    today = timezone.localdate().isoformat()
    expected = {
        "": {first, second},
        "?state=accepted": {first},
        "?state=nonsense": {first, second},
        "?mine=on": {second},
        f"?words={first[-4:]}": {first},
        f"?words={patient.code.lower()}": {first, second},
        "?words=%27%3B--": set(),
        f"?since={tomorrow}": set(),
        f"?until={today}&since={today}": {first, second},
        "?since=2026-13-45": {first, second},
        "?page=99&size=7": {first, second},
    }
    for query, numbers in expected.items():
        page = client.get(url + query).content.decode()
        assert {one for one in (first, second) if one in page} == numbers, query


def test_fifty_a_page(sign_in_as, patient, carer, receptionist) -> None:
    number = 0
    for number in range(1, 53):
        Estimate.objects.create(
            patient=patient,
            clinic=patient.clinic,
            number=f"E-2026-{number:04d}",
            title="方案",
            created_by=carer,
        )
    client = sign_in_as(receptionist)

    page = client.get(reverse("consult:estimates")).context["page"]

    assert (len(page.object_list), page.paginator.count) == (50, 52)


@pytest.mark.parametrize("name", ["version", "panel", "list", "print", "edit"])
def test_no_page_asks_once_per_line(
    sign_in_as, patient, carer, django_assert_max_num_queries, name
) -> None:
    few = make_version(patient, carer, lines=[line()])
    many = make_version(patient, carer, lines=full_course() * 10)
    client = sign_in_as(carer)
    if name == "print":
        few, many = (
            services.issue_version(version=one, revision=1, actor=carer) for one in (few, many)
        )

    counts = []
    for version in (few, many):
        path = (
            reverse("consult:estimates")
            if name == "list"
            else doors(version, patient.code)[name][1]
        )
        with django_assert_max_num_queries(25) as captured:
            assert client.get(path).status_code == 200
        counts.append(len(captured))

    assert counts[0] == counts[1]
    if name == "list":
        for _more in range(10):
            make_version(PatientFactory.create(clinic=patient.clinic), carer, lines=[line()])
        with django_assert_max_num_queries(counts[0]):
            client.get(reverse("consult:estimates"))


def test_a_print_is_booked_and_numbered(sign_in_as, patient, carer) -> None:
    version = make_version(patient, carer, state=State.ISSUED)
    path = doors(version, patient.code)["print"][1]
    client = sign_in_as(carer)

    client.get(path)
    page = client.get(path).content.decode()

    assert "第 2 份" in page or "copy 2" in page
    assert "38,620.00" in page
    assert "叁万捌仟陆佰贰拾元整" in page
    assert carer.display_name in page
    with acting_as(READER):
        printed = AuditEvent.objects.filter(kind="print", action="estimate.printed")
        assert [event.codes for event in printed] == [[patient.code]] * 2


def test_a_draft_has_no_print(sign_in_as, patient, carer) -> None:
    version = make_version(patient, carer)

    assert sign_in_as(carer).get(doors(version, patient.code)["print"][1]).status_code == 422


def test_what_was_typed_stays_text(sign_in_as, patient, carer) -> None:
    bad = "<img src=x onerror=alert(1)>'\"&{{7*7}}"
    version = make_version(
        patient, carer, title=bad, lines=[line(bad, unit="<b>次</b>", insurance=bad)]
    )
    client = sign_in_as(carer)

    for path in (doors(version, patient.code)[name][1] for name in ("version", "edit", "panel")):
        page = client.get(path).content.decode()
        assert "<img src=x" not in page
        assert "<b>次</b>" not in page
        assert "&lt;img src=x" in page
        assert "{{7*7}}" in page


def test_no_word_of_an_estimate_stands_open_in_the_tables(patient, carer) -> None:
    from django.db import connection

    version = make_version(patient, carer, title="促排卵方案甲乙丙", lines=[line("卵巢观察")])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e::text || v::text || l::text FROM consult_estimate e "
            "JOIN consult_estimateversion v ON v.estimate_id = e.id "
            "JOIN consult_estimateline l ON l.version_id = v.id"
        )
        (row,) = cursor.fetchone()
    for words in ("促排卵方案甲乙丙", "卵巢观察"):
        assert words not in row
        assert words.encode().hex() not in row
    assert str(version.estimate.patient_id) in row


def test_a_value_that_does_not_open_is_never_shown_as_empty(sign_in_as, patient, carer) -> None:
    version = make_version(patient, carer)
    box = bytes(version.lines.get(position=1).item.box)
    version.lines.filter(position=1).update(item=box[:-1] + bytes([box[-1] ^ 1]))
    client = sign_in_as(carer)

    for name in ("version", "edit"):
        answer = client.get(doors(version, patient.code)[name][1])
        assert answer.status_code == 503, name


def test_prices_are_finances_to_change(sign_in_as, carer, clinic) -> None:
    price = PriceItemFactory.create(clinic=clinic)
    finance = UserFactory.create(clinic=clinic, role=Role.FINANCE)
    elsewhere = PriceItemFactory.create()
    add, replace = reverse("consult:price-add"), reverse("consult:price-replace", args=[price.pk])

    assert sign_in_as(carer).get(reverse("consult:prices")).status_code == 200
    assert [sign_in_as(carer).get(path).status_code for path in (add, replace)] == [403, 403]
    client = sign_in_as(finance)
    assert [client.get(path).status_code for path in (add, replace)] == [200, 200]
    far = reverse("consult:price-replace", args=[elsewhere.pk])
    assert client.get(far).status_code == 404
