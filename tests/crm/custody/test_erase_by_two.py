"""Keys of a patient go when one office asked and another confirmed; never sooner (ADR 0012)."""

import io
import re
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from crm.custody import erasing
from crm.custody.models import ErasureRequest
from crm.patients.models import PatientGuard, person_mark
from crm.staff.models import User
from crm.web.idempotency import FIELD
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.custody import ledger_file
from privacy.custody.erasure import MustBeKept
from privacy.encryption.models import Erasure, SubjectKey
from privacy.errors import AccessDenied, Conflict, DomainError
from tests.factories.erasures import WISH, asked_to_erase, confirmed
from tests.factories.people import PatientFactory, UserFactory, in_another_role
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db(transaction=True)
State = ErasureRequest.State


@pytest.fixture(autouse=True)
def ledger(settings, tmp_path: Path) -> Path:
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    return tmp_path / "erasures.log"


@pytest.fixture
def keeper(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


@pytest.fixture
def quality(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)


def ask(patient, actor, zone="contact", **other) -> ErasureRequest:
    facts = {"code": patient.code, "zone": zone, "reason": "requested", "wish": WISH} | other
    return erasing.ask(**facts, actor=actor)


def zones_of(patient) -> list[str]:
    keys = SubjectKey.objects.filter(subject_id=patient.pk)
    return sorted(keys.values_list("zone", flat=True))


def trail(**wanted: object) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(**wanted).order_by("at", "id"))


def send(client: Client, url: str, **fields: str):
    return client.post(url, {FIELD: str(uuid4()), **fields})


class TestTheWay:
    def test_on_the_pages_from_the_wish_to_the_end(
        self, patient, keeper, quality, sign_in_as, ledger
    ) -> None:
        asking, confirming = sign_in_as(keeper), sign_in_as(quality)
        answer = send(
            asking, "/erasures/ask/", code=patient.spaced_code, zone="contact",
            reason="requested", wish=WISH,
        )  # fmt: skip
        asked = ErasureRequest.objects.get()
        assert answer.url == f"/erasures/{asked.pk}/"
        assert zones_of(patient) == ["clinical", "contact"]
        assert patient.spaced_code in confirming.get("/erasures/").content.decode()
        assert WISH in confirming.get(answer.url).content.decode()

        done = send(confirming, f"{answer.url}confirm/", code=patient.code)
        assert done.url == answer.url
        assert zones_of(patient) == ["clinical"]
        asked.refresh_from_db()
        assert (asked.state, asked.confirmed_by, asked.closed_by) == (
            State.ERASED, quality, quality,
        )  # fmt: skip
        assert patient.code in ledger.read_text()
        told = trail(codes__contains=[patient.code], kind="change")
        assert [(one.action, one.actor) for one in told] == [
            ("erasure.asked", keeper.pk),
            ("erasure.confirmed", quality.pk),
            ("keys.erased", quality.pk),
        ]
        page = asking.get(answer.url).content.decode()
        assert quality.display_name in page
        assert "<textarea" not in page

    def test_another_code_confirms_nothing(self, patient, keeper, quality, sign_in_as) -> None:
        asked = ask(patient, keeper)
        other = PatientFactory.create(clinic=patient.clinic)
        answer = send(sign_in_as(quality), f"/erasures/{asked.pk}/confirm/", code=other.code)
        assert answer.status_code == 422
        assert zones_of(patient) == ["clinical", "contact"]
        assert ErasureRequest.objects.get().state == State.ASKED

    def test_either_side_calls_it_off_before(self, patient, keeper, quality, sign_in_as) -> None:
        for someone in (keeper, quality):
            asked = ask(patient, keeper)
            url = f"/erasures/{asked.pk}/call-off/"
            client = sign_in_as(someone)
            assert send(client, url, why="短").status_code == 422
            assert send(client, url, why="患者已撤回书面申请，不再要求").status_code == 302
            asked.refresh_from_db()
            assert (asked.state, asked.closed_by) == (State.CALLED_OFF, someone)
            assert send(client, url, why="患者已撤回书面申请，不再要求").status_code == 422
            with pytest.raises(Conflict):
                erasing.confirm(asked=asked, code=patient.code, actor=quality)
        assert zones_of(patient) == ["clinical", "contact"]
        assert len(trail(action="erasure.called_off")) == 2

    def test_what_could_not_be_destroyed_stays_confirmed(
        self, patient, keeper, quality, sign_in_as, settings, ledger
    ) -> None:
        asked = ask(patient, keeper)
        settings.ERASURE_LEDGER_FILE = ""
        client = sign_in_as(quality)
        send(client, f"/erasures/{asked.pk}/confirm/", code=patient.code)
        assert ErasureRequest.objects.get().state == State.CONFIRMED
        assert zones_of(patient) == ["clinical", "contact"]
        assert str(asked.pk) in client.get(f"/erasures/{asked.pk}/").content.decode()
        settings.ERASURE_LEDGER_FILE = str(ledger)
        assert send(client, f"/erasures/{asked.pk}/carry-out/").status_code == 302
        assert ErasureRequest.objects.get().state == State.ERASED


class TestRefusals:
    def test_who_asked_does_not_confirm(self, patient, keeper) -> None:
        asked = ask(patient, keeper)
        with pytest.raises(AccessDenied):
            erasing.confirm(asked=asked, code=patient.code, actor=keeper)
        with pytest.raises(AccessDenied):
            erasing.confirm(
                asked=asked, code=patient.code, actor=in_another_role(keeper, Role.MEDICAL_QC)
            )

    @pytest.mark.parametrize("role", sorted(Role.values))
    def test_each_office_has_its_own_part(self, patient, keeper, role) -> None:
        person = UserFactory.create(clinic=patient.clinic, role=role)
        if role in roles_with(Permission.ASK_ERASURE):
            ask(patient, person, zone="contact")
        else:
            with pytest.raises(AccessDenied):
                ask(patient, person)
        asked = ErasureRequest.objects.first() or ask(patient, keeper)
        if role in roles_with(Permission.CONFIRM_ERASURE):
            assert erasing.confirm(asked=asked, code=patient.code, actor=person)
        else:
            with pytest.raises(AccessDenied):
                erasing.confirm(asked=asked, code=patient.code, actor=person)
        if role not in {Role.SECURITY_ADMIN, Role.MEDICAL_QC}:
            for act in (
                lambda: erasing.call_off(asked=asked, why=WISH, actor=person),
                lambda: erasing.carry_out(asked=asked, actor=person),
            ):
                with pytest.raises(AccessDenied):
                    act()

    def test_the_stranger_reaches_nothing(self, patient, keeper, sign_in_as) -> None:
        asked = ask(patient, keeper)
        theirs = PatientFactory.create()
        for role in (Role.SECURITY_ADMIN, Role.MEDICAL_QC):
            stranger = UserFactory.create(role=role)
            client = sign_in_as(stranger)
            assert client.get(f"/erasures/{asked.pk}/").status_code == 404
            assert patient.spaced_code not in client.get("/erasures/").content.decode()
            with pytest.raises(AccessDenied):
                erasing.call_off(asked=asked, why=WISH, actor=stranger)
        with pytest.raises(DomainError):
            ask(theirs, keeper)
        assert trail(action="access.not_found", actor=keeper.pk)

    def test_nobody_decides_about_themselves(self, patient, keeper, quality, sign_in_as) -> None:
        asked = ask(patient, keeper)
        PatientGuard.objects.create(
            patient=patient, kind="staff", reason="x" * 12, person_mark=person_mark(quality),
            since=asked.asked_at, marked_by=keeper,
        )  # fmt: skip
        assert sign_in_as(quality).get(f"/erasures/{asked.pk}/").status_code == 404
        with pytest.raises(AccessDenied):
            erasing.confirm(asked=asked, code=patient.code, actor=quality)

    def test_the_law_is_asked_at_both_ends(self, patient, keeper, quality, sign_in_as) -> None:
        with pytest.raises(MustBeKept):
            ask(patient, keeper, zone="clinical")
        asked = asked_to_erase(patient, zone="clinical", asker=keeper)
        with pytest.raises(MustBeKept):
            erasing.confirm(asked=asked, code=patient.code, actor=quality)
        with pytest.raises(MustBeKept):
            erasing.carry_out(asked=confirmed(asked, by=quality), actor=quality)
        assert zones_of(patient) == ["clinical", "contact"]

    def test_once_asked_or_erased_not_again(self, patient, keeper, quality) -> None:
        asked = ask(patient, keeper)
        with pytest.raises(Conflict):
            ask(patient, keeper)
        erasing.confirm(asked=asked, code=patient.code, actor=quality)
        erasing.carry_out(asked=asked, actor=quality)
        with pytest.raises(Conflict):
            ask(patient, keeper)
        with pytest.raises(Conflict):
            erasing.carry_out(asked=asked, actor=quality)

    def test_words_are_needed(self, patient, keeper, sign_in_as) -> None:
        with pytest.raises(DomainError):
            ask(patient, keeper, wish="   短   ")
        answer = send(sign_in_as(keeper), "/erasures/ask/", code="none", zone="contact",
                      reason="requested", wish=WISH)  # fmt: skip
        assert answer.status_code == 422


class TestDatabase:
    def test_two_offices_two_people_in_this_order(self, patient, keeper, quality) -> None:
        asked = asked_to_erase(patient, asker=keeper)
        elsewhere = UserFactory.create(role=Role.MEDICAL_QC)
        for other in (keeper, UserFactory.create(clinic=patient.clinic), elsewhere):
            with (
                pytest.raises(IntegrityError, match="quality control"),
                transaction.atomic(),
            ):
                confirmed(asked, by=other)
        for change in (
            {"state": "erased"},
            {"state": "confirmed"},
            {"zone": "clinical"},
            {"wish": "something else altogether"},
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                ErasureRequest.objects.filter(pk=asked.pk).update(**change)
        with (
            pytest.raises(IntegrityError, match="security administrator asks"),
            transaction.atomic(),
        ):
            asked_to_erase(patient, zone="clinical", asker=quality)
        with pytest.raises(DatabaseError, match="permission"), transaction.atomic():
            ErasureRequest.objects.filter(pk=asked.pk).delete()

    def test_erased_is_what_was_erased(self, patient, quality) -> None:
        asked = confirmed(asked_to_erase(patient))
        with pytest.raises(IntegrityError, match="nothing was erased"), transaction.atomic():
            ErasureRequest.objects.filter(pk=asked.pk).update(
                state="erased", closed_by=quality, closed_at=asked.asked_at
            )
        erasing.carry_out(asked=asked, actor=quality)
        with pytest.raises(IntegrityError, match="closed stays"), transaction.atomic():
            ErasureRequest.objects.filter(pk=asked.pk).update(closed_at=asked.asked_at)


class TestCommand:
    @staticmethod
    def run(asked: ErasureRequest, staff: User) -> str:
        out = io.StringIO()
        call_command("erase_patient", request=asked.pk, staff=staff.staff_no, stdout=out)
        return out.getvalue()

    def test_it_carries_out_what_two_people_agreed_on(self, patient, keeper) -> None:
        asked = confirmed(asked_to_erase(patient, asker=keeper))
        assert "contact erased" in self.run(asked, keeper)
        assert zones_of(patient) == ["clinical"]
        (event,) = trail(action="keys.erased")
        assert (event.actor, event.agent) == (keeper.pk, "erase_patient")

    def test_one_word_is_not_enough(self, patient, keeper) -> None:
        asked = asked_to_erase(patient, asker=keeper)
        with pytest.raises(CommandError):
            self.run(asked, keeper)
        with pytest.raises(CommandError, match="no such request"):
            self.run(asked, UserFactory.create(role=Role.SECURITY_ADMIN))
        assert not Erasure.objects.exists()


def test_the_patients_page_says_so(patient, carer, keeper, quality, sign_in_as) -> None:
    client, url = sign_in_as(carer), f"/patients/{patient.code}/"
    work_of(Role.MEDICAL_QC, patient)
    notice = re.compile('class="notice[^"]*"')
    before = len(notice.findall(client.get(url).content.decode()))
    asked = ask(patient, keeper)
    page = client.get(url).content.decode()
    assert len(notice.findall(page)) == before + 1
    assert "/erasures/" not in page
    assert 'href="/erasures/"' in sign_in_as(quality).get(url).content.decode()
    erasing.confirm(asked=asked, code=patient.code, actor=quality)
    erasing.carry_out(asked=asked, actor=quality)
    assert len(notice.findall(client.get(url).content.decode())) == before + 1


def test_what_waits_is_counted_for_who_confirms(patient, keeper, quality, sign_in_as) -> None:
    ask(patient, keeper)
    for person, waits in ((quality, 1), (keeper, 0)):
        page = sign_in_as(person).get("/erasures/")
        items = [item for group in page.context["shell"].nav for item in group.items]
        assert [one.count for one in items if one.url == "/erasures/"] == [waits]
