"""Passkeys: what is taken, and everything that is refused."""

import json

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from webauthn.helpers import base64url_to_bytes

from crm.staff import challenges, passkeys, rules, services
from crm.staff.models import Passkey, User
from crm.staff.passkeys import Answer, Site
from crm.staff.step_up import FULL_MINUTES
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Role
from privacy.errors import DomainError
from tests.factories.passkeys import PRESENT, VERIFIED, Device
from tests.factories.people import PASSWORD
from tests.factories.sessions import age_factor

HERE = Site(rp_id="testserver", origin="http://testserver")
ASK, ADD = "/account/passkeys/ask/", "/account/passkeys/"


@pytest.fixture
def lin(clinic) -> User:
    user, _seed = services.open_account(
        clinic=clinic, staff_no="lin", display_name="林晓", role=Role.NURSE, password=PASSWORD
    )
    return user


@pytest.fixture
def device(lin) -> Device:
    """A device that ``lin`` has registered."""
    made, challenge = Device(), b"r" * 32
    answer = Answer(made.register(challenge), challenge, HERE)
    passkeys.register(user=lin, name="办公室", answer=answer)
    return made


@pytest.fixture(autouse=True)
def _fresh_cache() -> None:
    from django.core.cache import cache

    cache.clear()


def asked(client: Client, path: str) -> bytes:
    answer = client.post(path)
    assert answer["Content-Type"] == "application/json"
    return base64url_to_bytes(answer.json()["challenge"])


def spent(user: User, device: Device, *, signed=b"c" * 32, held=b"c" * 32, site=HERE) -> bool:
    return passkeys.spend(user=user, answer=Answer(device.sign(signed), held, site))


@pytest.mark.django_db
class TestAdding:
    def test_a_device_is_added_under_a_name(self, lin, sign_in_as, booked) -> None:
        client = sign_in_as(lin)
        options = client.post(ASK).json()
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["authenticatorSelection"]["residentKey"] == "required"
        assert "林" not in json.dumps(options, ensure_ascii=False)
        made = Device()
        answer = made.register(base64url_to_bytes(options["challenge"]))
        done = client.post(ADD, {FIELD: new_key(), "name": "手机", "passkey": answer})
        assert done["Location"] == "/account/"
        kept = Passkey.objects.get()
        assert (bytes(kept.credential_id), str(kept)) == (made.credential_id, "手机")
        assert "手机" in client.get("/account/").content.decode()
        assert booked("staff.passkey_added")[0].target == f"passkey:{kept.pk}"
        assert client.post(ASK).json()["excludeCredentials"]

    def test_a_challenge_is_good_once_and_for_this_session(
        self, lin, colleague, sign_in_as
    ) -> None:
        client, other = sign_in_as(lin), sign_in_as(colleague)
        challenge = asked(client, ASK)
        typed = {"name": "x", "passkey": Device().register(challenge)}
        assert other.post(ADD, {FIELD: new_key(), **typed}).status_code == 422
        assert client.post(ADD, {FIELD: new_key(), **typed}).status_code == 302
        assert client.post(ADD, {FIELD: new_key(), **typed}).status_code == 422
        assert Passkey.objects.count() == 1

    @pytest.mark.parametrize(
        "wrong", [{"flags": PRESENT}, {"flags": VERIFIED}, {"origin": "https://evil.example"},
                  {"rp_id": "evil.example"}],
    )  # fmt: skip
    def test_what_is_not_asked_for_is_refused(self, lin, wrong) -> None:
        challenge = b"c" * 32
        answer = Answer(Device(**wrong).register(challenge), challenge, HERE)
        with pytest.raises(DomainError):
            passkeys.register(user=lin, name="x", answer=answer)

    @pytest.mark.parametrize("text", ["", "{}", "[]", "null", "\0", '{"id": 1}', "x" * 30_000])
    def test_rubbish_is_refused(self, lin, text) -> None:
        with pytest.raises(DomainError):
            passkeys.register(user=lin, name="x", answer=Answer(text, b"c" * 32, HERE))
        assert not passkeys.spend(user=lin, answer=Answer(text, b"d" * 32, HERE))

    def test_a_known_device_is_not_taken_twice_nor_an_eleventh(self, lin, device) -> None:
        challenge = b"n" * 32
        with pytest.raises(DomainError):
            passkeys.register(
                user=lin, name="x", answer=Answer(device.register(challenge), challenge, HERE)
            )
        for number in range(passkeys.MOST - 1):
            lin.passkeys.create(name="x", credential_id=bytes([number]), public_key=b"x")
        with pytest.raises(DomainError):
            passkeys.register(
                user=lin, name="x", answer=Answer(Device().register(b"m" * 32), b"m" * 32, HERE)
            )

    def test_it_needs_password_and_factor_anew(self, lin, sign_in_as) -> None:
        client = sign_in_as(lin)
        challenge = asked(client, ASK)
        age_factor(client, minutes=FULL_MINUTES)
        typed = {FIELD: new_key(), "name": "x", "passkey": Device().register(challenge)}
        page = client.post(ADD, typed)
        assert "crm/staff/confirm.html" in [one.name for one in page.templates]
        code = f"{services.codes_around(lin.totp)[1][1]:06d}"
        assert client.post(ADD, {**typed, "factor_code": code}).status_code == 422
        given_ = {"factor_code": code, "factor_password": PASSWORD}
        assert client.post(ADD, {**typed, **given_}).status_code == 302

    def test_the_device_is_not_asked_before_the_person_is_sure(self, lin, sign_in_as) -> None:
        client = sign_in_as(lin)
        age_factor(client, minutes=FULL_MINUTES)
        assert "next=%2Faccount%2Fpasskeys" in client.get(ADD)["Location"]
        assert client.post(ASK).status_code == 422

    def test_confirming_by_a_passkey_leaves_the_new_ones_challenge(
        self, lin, device, sign_in_as
    ) -> None:
        client = sign_in_as(lin)
        new = asked(client, ASK)
        age_factor(client, minutes=FULL_MINUTES)
        typed = {FIELD: new_key(), "name": "x", "passkey": Device().register(new)}
        proof = device.sign(asked(client, "/account/confirm/passkey/"))
        given_ = {"factor_password": PASSWORD, "factor_code": "", "factor_passkey": proof}
        assert client.post(ADD, {**typed, **given_})["Location"] == "/account/"
        assert lin.passkeys.count() == 2

    def test_a_bare_address_is_told_why_not(self, lin, sign_in_as) -> None:
        client = sign_in_as(lin)
        named = client.get(ADD).content.decode()
        bare = client.get(ADD, SERVER_NAME="127.0.0.1").content.decode()
        assert "data-passkey" in named
        assert "data-passkey" not in bare


@pytest.mark.django_db
class TestAnswering:
    def test_a_good_answer_counts_on(self, lin, device) -> None:
        assert spent(lin, device)
        assert Passkey.objects.get().sign_count == 1
        assert spent(lin, device, signed=b"e" * 32, held=b"e" * 32)

    def test_the_same_answer_is_refused_the_second_time(self, lin, device) -> None:
        answer = Answer(device.sign(b"c" * 32), b"c" * 32, HERE)
        assert passkeys.spend(user=lin, answer=answer)
        assert not passkeys.spend(user=lin, answer=answer)

    @pytest.mark.parametrize(
        "wrong",
        [{"held": b"other" * 6}, {"held": b""}, {"site": Site("testserver", "https://testserver")},
         {"site": Site("localhost", "http://testserver")}],
    )  # fmt: skip
    def test_another_challenge_or_site_is_refused(self, lin, device, wrong) -> None:
        assert not spent(lin, device, **wrong)

    def test_the_person_must_have_been_verified(self, lin, device) -> None:
        device.flags = PRESENT
        assert not spent(lin, device)

    def test_another_key_or_another_persons_is_refused(self, lin, carer, device) -> None:
        assert not spent(carer, device)
        thief = Device(credential_id=device.credential_id)
        assert not spent(lin, thief, signed=b"f" * 32, held=b"f" * 32)

    @pytest.mark.parametrize("back", [0, 3])
    def test_a_counter_that_does_not_move_on_is_refused_and_booked(
        self, lin, device, booked, back
    ) -> None:
        device.count = 7
        assert spent(lin, device)
        device.count -= back + 1  # the next answer says 8 - back - 1
        challenge = b"g" * 32
        assert not spent(lin, device, signed=challenge, held=challenge)
        assert booked("staff.passkey_copied")[0].detail == {"known": 8, "shown": 8 - back}

    def test_a_revoked_one_is_refused(self, lin, device, sign_in_as, booked) -> None:
        client = sign_in_as(lin)
        path = reverse("staff:passkey-revoke", args=[Passkey.objects.get().pk])
        assert client.post(path)["Location"] == "/account/"
        assert not spent(lin, device)
        assert client.post(path).status_code == 403
        assert booked("staff.passkey_revoked")


@pytest.mark.django_db
class TestSigningIn:
    def sign_in(self, client: Client, device: Device, **more):
        challenge = asked(client, "/sign-in/passkey/")
        given_ = {"staff_no": "lin", "password": PASSWORD, "passkey": device.sign(challenge)}
        return client.post("/sign-in/", {**given_, **more})

    def test_password_and_passkey_open_the_door(self, lin, device, booked) -> None:
        client = Client()
        assert self.sign_in(client, device)["Location"] == "/"
        assert client.get("/account/").status_code == 200
        assert booked("staff.signed_in")[0].actor == lin.pk

    def test_the_question_tells_nothing_of_anybody(self, lin, device) -> None:
        options = Client().post("/sign-in/passkey/").json()
        assert not options.get("allowCredentials")
        assert options["userVerification"] == "required"

    def test_without_the_password_it_is_refused_and_counted(self, lin, device) -> None:
        client = Client()
        for _ in range(rules.PER_ADDRESS):
            assert self.sign_in(client, device, password="no").status_code == 422
        assert self.sign_in(client, device).status_code == 429

    def test_a_challenge_of_another_session_or_purpose_is_refused(
        self, lin, device, sign_in_as
    ) -> None:
        given_ = {"staff_no": "lin", "password": PASSWORD}
        challenge = asked(Client(), "/sign-in/passkey/")
        answer = Client().post("/sign-in/", {**given_, "passkey": device.sign(challenge)})
        assert answer.status_code == 422
        inside = sign_in_as(lin)
        challenge = asked(inside, "/account/confirm/passkey/")
        inside.post(ADD, {FIELD: new_key(), "name": "x", "passkey": device.register(challenge)})
        assert Passkey.objects.count() == 1

    def test_a_challenge_lasts_five_minutes(self, lin, device) -> None:
        client = Client()
        with time_machine.travel(timezone.now(), tick=False) as clock:
            challenge = asked(client, "/sign-in/passkey/")
            clock.shift(passkeys.CHALLENGE_SECONDS)
            given_ = {"staff_no": "lin", "password": PASSWORD, "passkey": device.sign(challenge)}
            assert client.post("/sign-in/", given_).status_code == 422

    def test_one_address_asks_so_often_only(self, lin, monkeypatch) -> None:
        monkeypatch.setattr(challenges, "MOST_A_MINUTE", 2)
        with time_machine.travel(timezone.now(), tick=False):
            told = [Client().post("/sign-in/passkey/").status_code for _ in range(3)]
        assert told == [200, 200, 429]

    def test_it_confirms_too(self, lin, device, sign_in_as) -> None:
        client = sign_in_as(lin)
        challenge = asked(client, "/account/confirm/passkey/")
        given_ = {"factor_code": "", "factor_passkey": device.sign(challenge), "next": "/"}
        assert client.post("/account/confirm/", given_)["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["[" * 19_000, '{"rawId":' * 2_000])
def test_an_answer_that_nests_without_end_is_refused(lin, text) -> None:
    assert not passkeys.spend(user=lin, answer=Answer(text, b"c" * 32, HERE))
    with pytest.raises(DomainError):
        passkeys.register(user=lin, name="x", answer=Answer(text, b"d" * 32, HERE))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_counter_moves_on_or_does_not_count(known: int, shown: int) -> None:
    assert rules.count_moves_on(known, shown) is (shown > known or (known, shown) == (0, 0))
