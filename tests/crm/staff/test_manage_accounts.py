"""Accounts, the own page, tokens, the API about itself."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.staff import selectors, services
from crm.staff.models import ApiToken, TotpDevice, User
from crm.web.idempotency import FIELD, new_key
from privacy.access.policy import Permission, Role
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.errors import AccessDenied
from tests.factories.people import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

STAFF = reverse("staff:list")


@pytest.fixture
def admin(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN)


@pytest.fixture
def door(admin, sign_in_as) -> Client:
    return sign_in_as(admin)


def once(**given: object) -> dict[str, object]:
    return {FIELD: new_key(), **given}


def booked(action: str) -> AuditEvent:
    with acting_as(READER):
        return AuditEvent.objects.filter(action=action).latest("at")


class TestStaff:
    def test_the_list_shows_the_own_clinic(self, door, admin, stranger, carer) -> None:
        page = door.get(reverse("staff:list"))
        shown = {person.pk for person in page.context["staff"]}
        assert {admin.pk, carer.pk} <= shown
        assert stranger.pk not in shown
        assert booked("staff.listed").detail == {"accounts": len(shown)}

    def test_the_list_tells_who_cannot_sign_in_yet(self, door, clinic) -> None:
        services.open_account(
            clinic=clinic, staff_no="n07", display_name="林", role=Role.NURSE, password=PASSWORD
        )
        door.post(
            reverse("staff:open-account"), once(staff_no="n08", display_name="李", role=Role.NURSE)
        )
        shown = {one.staff_no: one.has_factor for one in door.get(STAFF).context["staff"]}
        assert (shown["n07"], shown["n08"]) == (True, False)
        assert "还没有第二因素" in door.get(STAFF).content.decode()

    def test_a_new_account_is_shown_its_password_once(self, door, clinic) -> None:
        given = once(staff_no="n01", display_name="何护士", role=Role.NURSE)
        page = door.post(reverse("staff:open-account"), given)
        made = User.objects.get(staff_no="n01")
        assert page.status_code == 200
        assert (made.clinic, made.role) == (clinic, "nurse")
        password = page.context["password"]
        assert made.check_password(password)
        body = page.content.decode()
        assert password in body
        assert "New second factor" in body or "新设第二因素" in body  # what is next
        assert "otpauth" not in body  # the administrator never sees the second factor
        again = door.post(reverse("staff:open-account"), given)
        assert password not in again.content.decode()
        assert User.objects.filter(staff_no="n01").count() == 1

    def test_one_administrator_alone_becomes_nobody_else(self, door, clinic, sign_in_as) -> None:
        given = once(staff_no="n01", display_name="何护士", role=Role.NURSE)
        page = door.post(reverse("staff:open-account"), given)
        made, password = User.objects.get(staff_no="n01"), page.context["password"]
        assert "enrolment_code" not in page.context
        assert not made.one_time_codes.exists()
        assert not TotpDevice.objects.filter(user=made).exists()
        reset = reverse("staff:reset-factor", args=[made.pk])
        assert door.post(reset, once()).status_code == 403

        guard = sign_in_as(UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN))
        code = guard.post(reset, once()).context["enrolment_code"]
        with pytest.raises(services.MustEnrol):
            services.sign_in(staff_no="n01", password=password, code=code, ip=None)

    def test_a_number_is_never_given_twice(self, door, stranger) -> None:
        given = once(staff_no=stranger.staff_no, display_name="新人", role=Role.NURSE)
        page = door.post(reverse("staff:open-account"), given)
        assert page.status_code == 422
        assert "staff_no" in page.context["form"].errors

    @pytest.mark.parametrize("staff_no", ["a b", "x", "林晓", "a" * 21])
    def test_a_number_is_plain(self, door, staff_no) -> None:
        given = once(staff_no=staff_no, display_name="新人", role=Role.NURSE)
        assert door.post(reverse("staff:open-account"), given).status_code == 422

    def test_suspending_ends_tokens_and_is_booked(self, door, carer) -> None:
        token, _secret = services.issue_token(
            user=carer, name="x", scopes=[Permission.VIEW_PATIENTS], lifetime=timedelta(days=1)
        )
        door.post(reverse("staff:suspend", args=[carer.pk]))
        carer.refresh_from_db()
        token.refresh_from_db()
        assert not carer.is_active
        assert not token.is_live
        assert booked("staff.suspended").target == f"staff:{carer.staff_no}"
        assert carer not in selectors.colleagues_of(carer)

    def test_nobody_suspends_themselves_or_another_clinic(self, door, admin, stranger) -> None:
        assert door.post(reverse("staff:suspend", args=[admin.pk])).status_code == 403
        assert door.post(reverse("staff:suspend", args=[stranger.pk])).status_code == 404
        admin.refresh_from_db()
        assert admin.is_active

    def test_first_passwords_are_long_and_easy_to_type(self) -> None:
        made = {services.new_password() for _ in range(50)}
        assert len(made) == 50
        assert all(len(one) == 23 and not set(one) & set("lio01") for one in made)

    def test_a_door_is_for_staff(self) -> None:
        with pytest.raises(TypeError):
            selectors.staff_member(object())


class TestOwnPage:
    NEW = "brand new passphrase 7"

    def test_guesses_of_the_present_password_are_locked_like_those_at_the_door(
        self, carer, sign_in_as
    ) -> None:
        client = sign_in_as(carer)
        for _ in range(5):
            given = once(old="guess", new=self.NEW, again=self.NEW)
            assert client.post(reverse("staff:account"), given).status_code == 422
        given = once(old=PASSWORD, new=self.NEW, again=self.NEW)

        assert client.post(reverse("staff:account"), given).status_code == 422

        carer.refresh_from_db()
        assert carer.check_password(PASSWORD)
        assert booked("staff.sign_in_throttled").actor == carer.pk

    def test_the_password_is_changed_and_other_sessions_end(self, carer, sign_in_as) -> None:
        here, elsewhere = sign_in_as(carer), sign_in_as(carer)
        given = once(old=PASSWORD, new=self.NEW, again=self.NEW)
        assert here.post(reverse("staff:account"), given).status_code == 302
        assert here.get(reverse("staff:account")).status_code == 200
        assert elsewhere.get(reverse("staff:account")).status_code == 302
        carer.refresh_from_db()
        assert carer.check_password(self.NEW)
        assert booked("staff.password_changed").actor == carer.pk

    @pytest.mark.parametrize(
        "given",
        [
            {"old": "wrong", "new": NEW, "again": NEW},
            {"old": PASSWORD, "new": "short", "again": "short"},
            {"old": PASSWORD, "new": "password1234", "again": "password1234"},
            {"old": PASSWORD, "new": NEW, "again": "another passphrase"},
        ],
    )
    def test_a_bad_change_changes_nothing(self, carer, sign_in_as, given) -> None:
        answer = sign_in_as(carer).post(reverse("staff:account"), once(**given))
        assert answer.status_code == 422
        carer.refresh_from_db()
        assert carer.check_password(PASSWORD)

    def test_single_keys_can_be_switched_off_and_on(self, carer, sign_in_as) -> None:
        client = sign_in_as(carer)
        for given, on in (({}, False), ({"single_keys": "on"}, True)):
            client.post(reverse("staff:keys"), given)
            carer.refresh_from_db()
            assert carer.single_keys is on


class TestTokens:
    def test_the_secret_is_shown_once_and_opens_the_api(self, carer, sign_in_as) -> None:
        client = sign_in_as(carer)
        given = once(name="报表", scopes=["patients.view"], days="7")
        page = client.post(reverse("staff:tokens"), given)
        secret = page.context["secret"]
        assert secret.startswith("suian_")
        assert secret not in client.get(reverse("staff:tokens")).content.decode()
        token = ApiToken.objects.get()
        assert str(token) == "报表"
        assert secret.encode() not in bytes(token.digest)

        me = Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"})
        assert me.json()["permissions"] == ["patients.view"]
        token.refresh_from_db()
        assert token.last_used_on == timezone.localdate()
        again = Client().get("/api/v1/me/", headers={"Authorization": f"bearer {secret}"})
        assert again.status_code == 200

        client.post(reverse("staff:token-revoke", args=[token.pk]))
        assert (
            Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"}).status_code
            == 401
        )
        assert booked("staff.token_revoked").target == f"token:{token.pk}"

    def test_a_token_opens_its_scope_only(self, clinic) -> None:
        desk = UserFactory.create(clinic=clinic, role=Role.FRONT_DESK)
        _token, secret = services.issue_token(
            user=desk, name="x", scopes=[Permission.VIEW_CONSENTS], lifetime=timedelta(days=1)
        )
        header = {"Authorization": f"Bearer {secret}"}
        answer = Client().get("/api/v1/patients/", headers=header)
        assert answer.status_code == 403
        assert answer["Content-Type"] == "application/problem+json"
        assert booked("staff.token_refused").reason == "patients.view"

    def test_a_token_ends_in_time_and_with_its_owner(self, carer) -> None:
        token, secret = services.issue_token(
            user=carer, name="x", scopes=[Permission.VIEW_PATIENTS], lifetime=timedelta(days=1)
        )
        header = {"Authorization": f"Bearer {secret}"}
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            assert Client().get("/api/v1/me/", headers=header).status_code == 401
        User.objects.filter(pk=carer.pk).update(is_active=False)
        assert Client().get("/api/v1/me/", headers=header).status_code == 401
        assert token.is_live

    @pytest.mark.parametrize("header", ["Bearer suian_wrong", "Bearer", "Basic x", ""])
    def test_anything_else_is_401(self, header: str) -> None:
        answer = Client().get("/api/v1/me/", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        ("scopes", "days"),
        [
            ([Permission.VIEW_AUDIT], 1),
            ([], 1),
            ([Permission.VIEW_PATIENTS], 91),
            ([Permission.VIEW_PATIENTS], 0),
        ],
    )
    def test_no_token_does_more_or_lives_longer(self, carer, scopes, days) -> None:
        with pytest.raises(AccessDenied):
            services.issue_token(user=carer, name="x", scopes=scopes, lifetime=timedelta(days=days))

    def test_the_form_says_so_too(self, carer, sign_in_as, monkeypatch) -> None:
        client = sign_in_as(carer)
        for given in ({"scopes": ["audit.view"]}, {"days": "91"}, {"name": ""}):
            whole = once(**{"name": "x", "scopes": ["patients.view"], "days": "7", **given})
            assert client.post(reverse("staff:tokens"), whole).status_code == 422

        def refuse(**_kwargs: object) -> None:
            raise AccessDenied("no")

        monkeypatch.setattr(services, "issue_token", refuse)
        whole = once(name="x", scopes=["patients.view"], days="7")
        assert client.post(reverse("staff:tokens"), whole).status_code == 422

    def test_others_tokens_do_not_exist(self, carer, colleague, sign_in_as) -> None:
        token, _secret = services.issue_token(
            user=colleague, name="x", scopes=[Permission.VIEW_PATIENTS], lifetime=timedelta(days=1)
        )
        client = sign_in_as(carer)
        assert client.post(reverse("staff:token-revoke", args=[token.pk])).status_code == 404


class TestApi:
    def test_me_tells_role_and_permissions(self, carer, sign_in_as) -> None:
        me = sign_in_as(carer).get("/api/v1/me/").json()
        assert (me["staff_no"], me["role"], me["clinic"]) == (
            carer.staff_no, carer.role, carer.clinic.name,
        )  # fmt: skip
        assert "consultations.write" in me["permissions"]

    def test_the_schema_is_whole_and_names_both_ways_in(self, carer, sign_in_as) -> None:
        schema = sign_in_as(carer).get("/api/v1/schema/", {"format": "json"}).json()
        assert set(schema["components"]["securitySchemes"]) == {"token", "session"}
        assert "/api/v1/me/" in schema["paths"]
        assert all(path.startswith("/api/v1/") for path in schema["paths"])

    def test_the_page_of_the_api_has_every_operation_and_no_script_of_its_own(
        self, carer, sign_in_as
    ) -> None:
        client = sign_in_as(carer)
        page = client.get(reverse("staff:api-docs"))
        schema = client.get("/api/v1/schema/", {"format": "json"}).json()
        shown = {(one.method, one.path) for group in page.context["groups"]
                 for one in group.operations}  # fmt: skip
        assert shown == {
            (method.upper(), path)
            for path, methods in schema["paths"].items()
            for method in methods
        }

    def test_methods_nobody_offers_are_405_and_no_denial(self, carer, sign_in_as) -> None:
        client = sign_in_as(carer)
        assert client.delete("/api/v1/patients/").status_code == 405
        assert client.options("/api/v1/patients/").status_code == 405
        with acting_as(READER):
            assert not AuditEvent.objects.filter(kind="denial").exists()

    def test_an_undeclared_action_is_closed(self, carer, rf) -> None:
        from types import SimpleNamespace

        from crm.staff.api_guards import HasPermission

        request = SimpleNamespace(user=carer, method="GET", auth=None, path_info="/x/")
        view = SimpleNamespace(action="list", required_permissions={})
        assert HasPermission().has_permission(request, view) is False
        assert booked("access.denied").reason == "undeclared"
        assert HasPermission().has_permission(SimpleNamespace(user=None), view) is False

    def test_callers_are_slowed_down(self, carer, sign_in_as, monkeypatch) -> None:
        from django.core.cache import cache
        from rest_framework.throttling import UserRateThrottle

        cache.clear()
        monkeypatch.setattr(UserRateThrottle, "get_rate", lambda _self: "2/min")
        client = sign_in_as(carer)
        statuses = [client.get("/api/v1/me/").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert client.get("/api/v1/me/").json()["code"] == "throttled"


class TestHandedOver:
    """A password that somebody else has seen is good for choosing another one only (ASVS 6.4.1)."""

    def test_a_first_one_is_changed_before_anything_else(self, door, sign_in_as) -> None:
        given = once(staff_no="n01", display_name="何护士", role=Role.NURSE)
        password = door.post(reverse("staff:open-account"), given).context["password"]
        client = sign_in_as(User.objects.get(staff_no="n01"))
        assert client.get("/consultations/")["Location"] == "/account/"
        assert client.get("/api/v1/me/").json()["code"] == "password-due"
        assert "别人交给你的" in client.get("/account/").content.decode()
        new = "Quiet rivers run deep"
        chosen = once(old=password, new=new, again=new)
        assert client.post(reverse("staff:account"), chosen).status_code == 302
        assert client.get("/consultations/").status_code != 302
        assert "别人交给你的" not in client.get("/account/").content.decode()

    def test_a_reopened_account_gets_one(self, door, carer, admin) -> None:
        services.suspend_account(user=carer, actor=admin)
        door.post(reverse("clearance:come-back", args=[carer.pk]), once())
        assert User.objects.get(pk=carer.pk).password_handed_over


class TestForgotten:
    def test_a_new_one_is_shown_once_and_the_second_factor_stays(
        self, door, clinic, sign_in_as
    ) -> None:
        lin, _seed = services.open_account(
            clinic=clinic, staff_no="n07", display_name="林", role=Role.NURSE, password=PASSWORD
        )
        before, theirs = TotpDevice.objects.get(user=lin).pk, sign_in_as(lin)
        page = door.post(reverse("staff:reset-password", args=[lin.pk]), once())
        lin.refresh_from_db()
        assert page.context["password"] in page.content.decode()
        assert lin.check_password(page.context["password"])
        assert lin.password_handed_over
        assert TotpDevice.objects.get(user=lin).pk == before
        assert theirs.get("/account/").status_code == 302  # ended at once
        assert booked("staff.password_reset").target == "staff:n07"

    def test_not_ones_own_nor_a_closed_one_nor_elsewhere(
        self, door, admin, carer, stranger
    ) -> None:
        services.suspend_account(user=carer, actor=admin)
        for person, status in ((admin, 403), (carer, 404), (stranger, 404)):
            before = User.objects.get(pk=person.pk).password
            address = reverse("staff:reset-password", args=[person.pk])
            assert door.post(address, once()).status_code == status
            assert User.objects.get(pk=person.pk).password == before
