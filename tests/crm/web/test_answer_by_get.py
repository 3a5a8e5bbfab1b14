"""A browser keeps no POST's body: its page is fetched by GET, for the same session, a while."""

from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis.exceptions import ConnectionError as CacheDown

from crm.patients.models import Patient
from crm.web import answers
from crm.web.idempotency import FIELD, new_key
from privacy.audit.second_sink import SinkDown

pytestmark = pytest.mark.django_db
NEW = reverse("patients:register")
SEARCH = reverse("search:find")
SIGN_IN = reverse("staff:sign-in")
BROWSER = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}
COMPLAINT = "备孕两年，想了解流程"


def wrong() -> dict[str, str]:
    return {"name": "王女士", "phone": "1", "chief_complaint": COMPLAINT, FIELD: new_key()}


@pytest.fixture
def desk(receptionist, sign_in_as) -> Client:
    return sign_in_as(receptionist)


def send(client: Client, address: str, form: dict[str, str]) -> str:
    """Where the browser is led. Raises: AssertionError if it gets a page instead."""
    answer = client.post(address, form, headers=BROWSER)
    assert (answer.status_code, answer.content) == (303, b"")
    return str(answer["Location"])


def token_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)[answers.FIELD][0]


def held(where: str) -> bytes:
    """What the cache holds for this address, as it lies there."""
    return bytes(cache._cache.get_client().get(name_of(where)) or b"")


def name_of(where: str) -> str:
    return str(cache.make_key(answers._name(token_of(where))))


def seconds_left(where: str) -> int:
    return int(cache._cache.get_client().ttl(name_of(where)))


class TestARefusedForm:
    def test_comes_back_by_get_as_it_would_have_come(self, desk: Client) -> None:
        form = wrong()
        plain = desk.post(NEW, form)
        where = send(desk, NEW, form)
        fetched = desk.get(where)

        assert where.startswith(f"{NEW}?answer=")
        assert (fetched.status_code, plain.status_code) == (422, 422)
        assert "err-sum" in fetched.content.decode()
        assert COMPLAINT in fetched.content.decode()

    def test_may_be_fetched_again_which_is_an_event(self, desk: Client, booked) -> None:
        where = send(desk, NEW, wrong())
        desk.get(where)
        assert booked("page.repeated") == []

        again = desk.get(where)

        (event,) = booked("page.repeated")
        assert COMPLAINT in again.content.decode()
        assert len(event.detail["request"]) == 36
        assert Patient.objects.count() == 0

    def test_is_not_shown_again_while_the_trail_is_closed(self, desk: Client, monkeypatch) -> None:
        where = send(desk, NEW, wrong())
        desk.get(where)

        def closed(*_args: object, **_named: object) -> None:
            raise SinkDown

        monkeypatch.setattr("crm.web.answers.audit.record", closed)
        answer = desk.get(where)

        assert answer.status_code == 503
        assert COMPLAINT not in answer.content.decode()

    def test_is_gone_when_an_idle_session_would_be(self, desk: Client, settings) -> None:
        where = send(desk, NEW, wrong())
        assert 0 <= settings.SESSION_IDLE_SECONDS - seconds_left(where) < 60

        cache.delete(answers._name(token_of(where)))
        plain = desk.get(where)

        assert (plain.status_code, COMPLAINT in plain.content.decode()) == (200, False)

    def test_is_of_no_use_in_another_session(self, desk: Client, carer, sign_in_as) -> None:
        where = send(desk, NEW, wrong())

        assert COMPLAINT not in sign_in_as(carer).get(where).content.decode()
        assert Client().get(where)["Location"].startswith(SIGN_IN)
        assert COMPLAINT in desk.get(where).content.decode()  # and is still there

    def test_the_corrected_form_goes_where_it_always_went(self, desk: Client) -> None:
        where = send(desk, NEW, wrong())
        done = desk.post(where, wrong() | {"phone": "13900139001"}, headers=BROWSER)

        assert (done.status_code, Patient.objects.count()) == (302, 1)
        assert "answer" not in done["Location"]

    def test_a_second_refusal_has_an_address_of_its_own(self, desk: Client) -> None:
        first = send(desk, NEW, wrong())
        second = send(desk, first, wrong())
        assert second.count("answer=") == 1
        assert token_of(first) != token_of(second)

    def test_the_rest_of_the_address_stays(self, desk: Client) -> None:
        where = send(desk, f"{NEW}?a=1&b=%E7%8E%8B", wrong())
        assert where.startswith(f"{NEW}?a=1&b=%E7%8E%8B&answer=")


def test_the_cache_and_the_address_do_not_open_it(desk: Client) -> None:
    where = send(desk, NEW, wrong())
    assert token_of(where) not in name_of(where)
    assert len(held(where)) > 1000
    assert "王女士".encode() not in held(where)


class TestAPageThatSucceeds:
    def test_is_shown_once(self, desk: Client) -> None:
        where = send(desk, SEARCH, {"q": "13900000000"})
        shown, again = desk.get(where), desk.get(where)
        empty = desk.get(SEARCH)

        assert "没有" in shown.content.decode()
        assert shown.content != again.content
        assert again.status_code == empty.status_code == 200

    def test_an_address_without_a_page_of_its_own_leads_home(self, desk: Client) -> None:
        answer = desk.get(f"{reverse('web:set-language')}?answer=x")
        assert (answer.status_code, answer["Location"]) == (302, "/")


class TestWhatPasses:
    @pytest.mark.parametrize(
        "headers",
        [{}, {"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Mode": "cors", "HX-Request": "true"}],
    )
    def test_programs_and_fragments(self, desk: Client, headers: dict[str, str]) -> None:
        assert desk.post(NEW, wrong(), headers=headers).status_code == 422

    def test_the_api(self, desk: Client) -> None:
        answer = desk.post("/api/v1/patients/", {}, headers=BROWSER)
        assert answer.status_code in {400, 403, 415}

    @pytest.mark.parametrize(
        "response",
        [
            HttpResponse("{}", content_type="application/json"),
            HttpResponse("a", headers={"Content-Disposition": "attachment"}),
            HttpResponse(status=302, headers={"Location": "/"}),
        ],
    )
    def test_files_data_and_redirects(self, rf, response: HttpResponse) -> None:
        request = rf.post("/", headers=BROWSER)
        assert answers.AnswerByGetMiddleware(lambda _request: response)(request) is response

    def test_everything_while_the_cache_is_down(self, desk: Client, monkeypatch) -> None:
        where = send(desk, NEW, wrong())

        def down(*_args: object, **_named: object) -> None:
            raise CacheDown

        monkeypatch.setattr("crm.web.answers.cache.set", down)
        monkeypatch.setattr("crm.web.answers.cache.get", down)
        assert desk.post(NEW, wrong(), headers=BROWSER).status_code == 422
        assert desk.get(where).status_code == 200


class TestStrangers:
    def test_a_wrong_password_is_not_kept_by_the_browser(self, client: Client, clinic) -> None:
        form = {"staff_no": "chen", "password": "geheim", "code": "1"}
        where = send(client, SIGN_IN, form)
        fetched = client.get(where)

        assert fetched.status_code == 422
        assert "err-sum" in fetched.content.decode()
        assert "geheim" not in fetched.content.decode()
        assert 0 < seconds_left(where) <= answers.STRANGERS_SECONDS

    def test_they_cannot_fill_the_cache(self, client: Client, clinic, monkeypatch) -> None:
        form = {"staff_no": "chen", "password": "geheim", "code": "1"}
        monkeypatch.setattr(answers, "STRANGERS_A_MINUTE", 0)
        assert client.post(SIGN_IN, form, headers=BROWSER).status_code == 422

        monkeypatch.undo()
        monkeypatch.setattr(answers, "STRANGERS_BYTES", 10)
        assert client.post(SIGN_IN, form, headers=BROWSER).status_code == 422

    def test_who_was_signed_in_until_now_gets_the_words_through(
        self, receptionist, sign_in_as, settings, monkeypatch
    ) -> None:
        monkeypatch.setattr(answers, "STRANGERS_A_MINUTE", 0)
        begin = timezone.now()
        with time_machine.travel(begin, tick=False):
            late = sign_in_as(receptionist)
        after = begin.timestamp() + settings.SESSION_IDLE_SECONDS + 60
        with time_machine.travel(after, tick=False):
            fetched = late.get(send(late, NEW, wrong()))

        assert fetched.status_code == 403
        assert "kept_form" in fetched.content.decode()
        assert COMPLAINT not in fetched.content.decode()


def test_what_is_far_too_large_is_told_by_get_too(desk: Client, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert desk.get(send(desk, NEW, wrong())).status_code == 413
