"""A passkey in a real Chromium: added, used to sign in, used to confirm; refused unverified."""

import pytest
from django.test import Client
from playwright.sync_api import Browser, CDPSession, Page, expect

from crm.staff import services
from crm.staff.models import Passkey, StaffSession, User
from crm.staff.session_store import FULLY_AT, SessionStore
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.people import PASSWORD, ClinicFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ADD = '[data-passkey="create"]'
USE = '[data-passkey="get"]'


def authenticator(page: Page, *, verifies: bool = True) -> tuple[CDPSession, str]:
    """A device of the browser's own making; its id to look into it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, made["authenticatorId"]


@pytest.fixture
def lin() -> User:
    user, _seed = services.open_account(
        clinic=ClinicFactory.create(), staff_no="lin", display_name="林晓", role=Role.NURSE,
        password=PASSWORD,
    )  # fmt: skip
    return user


@pytest.fixture
def page(live_server, chromium: Browser):
    context = chromium.new_context(base_url=live_server.url.replace("127.0.0.1", "localhost"))
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def come_in_by_code(page: Page, user: User) -> None:
    page.goto("/sign-in/?next=/account/")
    page.fill("#id_staff_no", user.staff_no)
    page.fill("#id_password", PASSWORD)
    page.fill("#id_code", f"{services.codes_around(user.totp)[1][1]:06d}")
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "sign-in" not in url)


def add(page: Page, *, name: str = "桌上的电脑", then: int = 1) -> None:
    page.fill("#id_name", name)
    page.click(ADD)
    expect(page.locator("#factors-title ~ ul li")).to_have_count(then)


def let_time_pass(page: Page) -> None:
    """As if password and factor had been shown long ago."""
    key = next(one["value"] for one in page.context.cookies() if one["name"] == "sessionid")
    store = SessionStore(key)
    store[FULLY_AT] = 0
    store.save()


def signed_in(action: str = "staff.signed_in") -> int:
    with acting_as(READER):
        return AuditEvent.objects.filter(action=action).count()


def test_added_then_used_at_the_door_and_to_confirm(page: Page, lin: User) -> None:
    session, device = authenticator(page)
    come_in_by_code(page, lin)
    page.click("a[href='/account/passkeys/']")
    add(page)
    kept = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert len(kept) == Passkey.objects.count() == 1

    page.context.clear_cookies()
    page.goto("/sign-in/?next=/account/")
    page.fill("#id_staff_no", "lin")
    page.fill("#id_password", PASSWORD)
    page.click(USE)
    page.wait_for_url(lambda url: "sign-in" not in url)
    assert Passkey.objects.get().last_used_at
    assert signed_in() == 2

    let_time_pass(page)
    page.click("form[action$='/recovery-codes/'] button")
    page.fill("#id_factor_password", PASSWORD)
    page.click(USE)
    expect(page.locator("ol li")).to_have_count(10)
    assert signed_in("staff.factor_confirmed") == 1


def test_a_second_one_after_confirming_by_the_first(page: Page, lin: User) -> None:
    session, device = authenticator(page)
    come_in_by_code(page, lin)
    page.goto("/account/passkeys/")
    add(page)
    let_time_pass(page)

    page.click("a[href='/account/passkeys/']")
    page.fill("#id_factor_password", PASSWORD)
    page.click(USE)
    page.wait_for_url("**/account/passkeys/")
    session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
    authenticator(page)
    add(page, name="手机", then=2)
    assert lin.passkeys.count() == 2


def test_a_device_that_does_not_verify_its_person_is_no_passkey(page: Page, lin: User) -> None:
    authenticator(page, verifies=False)
    come_in_by_code(page, lin)
    page.goto("/account/passkeys/")
    page.fill("#id_name", "x")
    page.click(ADD)
    expect(page.locator("#toasts .toast")).to_be_visible()
    assert not Passkey.objects.exists()


def test_at_a_bare_address_there_is_no_button(chromium: Browser, live_server, lin: User) -> None:
    context = chromium.new_context(base_url=live_server.url.replace("localhost", "127.0.0.1"))
    page = context.new_page()
    page.goto("/sign-in/")
    expect(page.locator(USE)).to_have_count(0)
    context.close()


def test_asking_leaves_one_short_session(lin: User) -> None:
    client = Client()
    for _ in range(3):
        client.post("/sign-in/passkey/")
    assert StaffSession.objects.count() == 1
