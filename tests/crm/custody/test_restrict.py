"""A record is kept and not used: one begins it, two of two offices end it (R15, ADR 0040)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from consult.consultations.models import Consultation
from consult.fees.models import Estimate
from crm.custody import restricting
from crm.custody.models import Restriction
from crm.patients.models import Patient, PatientGuard, person_mark
from crm.patients.services import care, revealing
from crm.patients.services.writing import Restricted
from crm.scheduling import services as desk
from crm.scheduling.models import Visit
from crm.staff.models import User
from crm.web.idempotency import FIELD
from followup.plans.models import Plan
from privacy.access.policy import Permission, Role, roles_with
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.consent.models import ConsentEntry
from privacy.errors import AccessDenied, Conflict, DomainError
from privacy.records import Record, new_id
from tests.factories.access import asked_for, broken, granted
from tests.factories.consultations import draft_of, submitted_of
from tests.factories.fees import make_version
from tests.factories.followup import PlanFactory
from tests.factories.messages import answer
from tests.factories.people import PatientFactory, UserFactory, in_another_role
from tests.factories.restrictions import WHY, WISH, asked_to_lift, lifted, restricted

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def keeper(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.SECURITY_ADMIN)


@pytest.fixture
def quality(clinic) -> User:
    return UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)


def begin(patient: Patient, actor: User, **other: str) -> Restriction:
    facts = {"code": patient.code, "ground": "kept", "wish": WISH} | other
    return restricting.restrict(**facts, actor=actor)


def send(client: Client, url: str, **fields: str):
    return client.post(url, {FIELD: str(uuid4()), **fields})


def trail(**wanted: object) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(**wanted).order_by("at", "id"))


def anew(row: Record) -> None:
    row.pk = new_id()
    row.save(force_insert=True)


class TestTheWay:
    def test_on_the_pages_from_the_wish_to_the_end(
        self, patient, carer, keeper, quality, sign_in_as
    ) -> None:
        asking, confirming, caring = sign_in_as(keeper), sign_in_as(quality), sign_in_as(carer)
        url = f"/patients/{patient.code}/"
        assert "主诉" in caring.get(url).content.decode()

        begun = send(
            asking, "/restrictions/new/", code=patient.spaced_code, ground="wish", wish=WISH
        )
        held = Restriction.objects.get()
        assert begun.url == f"/restrictions/{held.pk}/"
        patient.refresh_from_db()
        assert (patient.status, held.status_before) == ("restricted", "active")
        page = caring.get(url).content.decode()
        assert patient.spaced_code in page
        assert "主诉" not in page
        assert 'data-open="reveal"' not in page
        assert patient.spaced_code in caring.get("/patients/").content.decode()

        assert send(asking, f"{begun.url}ask/", why=WHY).status_code == 302
        assert patient.spaced_code in confirming.get("/erasures/").content.decode()
        assert WHY in confirming.get(begun.url).content.decode()
        assert send(confirming, f"{begun.url}lift/", code=patient.code).status_code == 302
        patient.refresh_from_db()
        assert patient.status == "active"
        assert "主诉" in caring.get(url).content.decode()
        assert send(asking, f"{begun.url}ask/", why=WHY).status_code == 422
        told = trail(codes__contains=[patient.code], kind="change", target=held.target)
        assert [(one.action, one.actor, one.purpose) for one in told] == [
            ("restriction.begun", keeper.pk, "wish"),
            ("restriction.lift_asked", keeper.pk, "wish"),
            ("restriction.lifted", quality.pk, "wish"),
        ]

    def test_a_lift_may_be_refused_and_asked_for_again(
        self, patient, keeper, quality, sign_in_as
    ) -> None:
        held = asked_to_lift(restricted(patient, keeper))
        url = f"/restrictions/{held.pk}/"
        assert send(sign_in_as(quality), f"{url}keep/", why="短").status_code == 422
        assert send(sign_in_as(quality), f"{url}keep/", why=WHY).status_code == 302
        assert send(sign_in_as(quality), f"{url}keep/", why=WHY).status_code == 422
        assert send(sign_in_as(quality), f"{url}lift/", code=patient.code).status_code == 422
        patient.refresh_from_db()
        assert patient.status == "restricted"
        restricting.ask_to_lift(held=held, why=WHY, actor=keeper)
        restricting.keep(held=held, why=WHY, actor=keeper)
        restricting.ask_to_lift(held=held, why=WHY, actor=keeper)
        restricting.lift(held=held, code=patient.code, actor=quality)
        assert [one.action for one in trail(target=held.target, action="restriction.kept")] == [
            "restriction.kept", "restriction.kept",
        ]  # fmt: skip
        begin(patient, keeper)  # and restricted again

    def test_another_code_lifts_nothing(self, patient, keeper, quality, sign_in_as) -> None:
        held = asked_to_lift(restricted(patient, keeper))
        other = PatientFactory.create(clinic=patient.clinic)
        refused = send(sign_in_as(quality), f"/restrictions/{held.pk}/lift/", code=other.code)
        assert refused.status_code == 422
        held.refresh_from_db()
        assert held.is_live

    def test_a_name_asks_for_its_tick(self, patient, keeper, sign_in_as) -> None:
        said = "王小明本人书面要求停止使用资料"
        fields = {"code": patient.code, "ground": "wish", "wish": said}
        page = send(sign_in_as(keeper), "/restrictions/new/", **fields)
        assert page.status_code == 422
        assert said in page.content.decode()
        assert not Restriction.objects.exists()


class TestRefusals:
    @pytest.mark.parametrize("role", sorted(Role.values))
    def test_each_office_has_its_own_part(self, patient, keeper, role) -> None:
        somebody = UserFactory.create(clinic=patient.clinic, role=role)
        if role not in roles_with(Permission.ASK_ERASURE):
            with pytest.raises(AccessDenied):
                begin(patient, somebody)
        held = restricted(patient, keeper)
        if role not in roles_with(Permission.ASK_ERASURE):
            with pytest.raises(AccessDenied):
                restricting.ask_to_lift(held=held, why=WHY, actor=somebody)
        asked_to_lift(held)
        if role not in roles_with(Permission.CONFIRM_ERASURE):
            with pytest.raises(AccessDenied):
                restricting.lift(held=held, code=patient.code, actor=somebody)
            if role not in roles_with(Permission.ASK_ERASURE):
                with pytest.raises(AccessDenied):
                    restricting.keep(held=held, why=WHY, actor=somebody)

    def test_who_asked_does_not_lift(self, patient, keeper) -> None:
        held = asked_to_lift(restricted(patient, keeper))
        changed = in_another_role(keeper, Role.MEDICAL_QC)
        with pytest.raises(AccessDenied):
            restricting.lift(held=held, code=patient.code, actor=changed)

    def test_nobody_of_another_clinic(self, patient, keeper, sign_in_as) -> None:
        stranger = UserFactory.create(role=Role.SECURITY_ADMIN)
        with pytest.raises(DomainError):
            begin(patient, stranger)
        held = restricted(patient, keeper)
        assert sign_in_as(stranger).get(f"/restrictions/{held.pk}/").status_code == 404
        with pytest.raises(AccessDenied):
            restricting.ask_to_lift(held=held, why=WHY, actor=stranger)

    def test_not_about_oneself(self, patient, keeper) -> None:
        PatientGuard.objects.create(
            patient=patient, kind="staff", reason=WISH, since=timezone.now(), marked_by=keeper,
            person_mark=person_mark(keeper),
        )  # fmt: skip
        with pytest.raises(DomainError):
            begin(patient, keeper)

    def test_once_and_with_words(self, patient, keeper) -> None:
        with pytest.raises(DomainError):
            begin(patient, keeper, wish="短")
        begin(patient, keeper)
        with pytest.raises(Conflict):
            begin(patient, keeper)


class TestTheDatabase:
    def test_nobody_sets_the_status_by_hand(self, patient, keeper) -> None:
        with pytest.raises(DatabaseError):
            Patient.objects.filter(pk=patient.pk).update(status="restricted")
        with pytest.raises(DatabaseError):
            PatientFactory.create(clinic=patient.clinic, status="restricted")
        restricted(patient, keeper)
        with pytest.raises(DatabaseError):
            Patient.objects.filter(pk=patient.pk).update(status="active")

    def test_what_was_restricted_and_lifted_stays(self, patient, keeper, quality) -> None:
        held = restricted(patient, keeper)
        rows = Restriction.objects.filter(pk=held.pk)
        now = timezone.now()
        for change in (
            {"wish": WHY},
            {"status_before": "inactive"},
            {"restricted_by": quality},
            {"lifted_by": quality, "lifted_at": now},
            {"lift_asked_by": quality, "lift_asked_at": now, "lift_why": WHY},
            {"lift_asked_by": keeper, "lift_asked_at": now, "lift_why": "短"},
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                rows.update(**change)
        asked_to_lift(held)
        for change in (
            {"lifted_by": keeper, "lifted_at": now},
            {"lifted_by": UserFactory.create(role=Role.MEDICAL_QC), "lifted_at": now},
            {"lifted_by": quality, "lifted_at": now, "lift_why": WISH},
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                rows.update(**change)
        lifted(held, quality)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.update(lifted_at=None, lifted_by=None)
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()

    @pytest.mark.parametrize("role", [Role.MEDICAL_QC, Role.CONSULTANT])
    def test_only_its_office_begins(self, patient, role) -> None:
        with pytest.raises(DatabaseError):
            restricted(patient, UserFactory.create(clinic=patient.clinic, role=role))

    def test_it_takes_no_use(self, patient, carer, keeper) -> None:
        talk, version = submitted_of(patient, carer), make_version(patient=patient, actor=carer)
        waiting = asked_for(patient, UserFactory.create(clinic=patient.clinic, role=Role.DOCTOR))
        restricted(patient, keeper)
        uses = (
            lambda: draft_of(patient, carer),
            lambda: make_version(patient=patient, actor=carer),
            lambda: PlanFactory.create(patient=patient),
            lambda: patient.care_team.create(
                staff=UserFactory.create(clinic=patient.clinic, role=Role.NURSE)
            ),
            lambda: talk.addenda.create(author=carer, kind="note", text="x"),
            lambda: anew(version),
            lambda: waiting.approvals.create(
                approver=carer, until=timezone.now() + timedelta(days=1)
            ),
        )
        before = [one.objects.count() for one in (Consultation, Estimate, Plan, Visit)]
        for use in uses:
            with pytest.raises(DatabaseError, match="restricted"), transaction.atomic():
                use()
        assert before == [one.objects.count() for one in (Consultation, Estimate, Plan, Visit)]


class TestTheServices:
    def test_they_say_so(self, patient, carer, receptionist, keeper) -> None:
        restricted(patient, keeper)
        uses = (
            lambda: revealing.reveal(
                patient=patient, field="phone", purpose="call", reason=WISH, staff=carer
            ),
            lambda: desk.expect_today(patient=patient, purpose="other", actor=receptionist),
            lambda: desk.register_arrival(
                patient=patient, purpose="other", last_digits="8000", actor=receptionist
            ),
            lambda: desk.register_arrival_by_code(
                patient=patient, code=patient.code, actor=receptionist
            ),
            lambda: asked_for(patient, carer),
            lambda: care.change_stage(patient=patient, stage="closed", before="new", actor=carer),
            lambda: care.change_contact(patient=patient, name="李", phone="", actor=receptionist),
            lambda: care.add_to_team(
                patient=patient, member=keeper, reason="cover", actor=receptionist
            ),
        )
        for use in uses:
            with pytest.raises(Restricted):
                use()
        assert len(trail(kind="denial", reason="restricted")) == len(uses)

    def test_who_is_in_the_house_leaves_and_is_called_no_more(
        self, patient, receptionist, keeper
    ) -> None:
        visit = desk.register_arrival_by_code(
            patient=patient, code=patient.code, actor=receptionist
        )
        restricted(patient, keeper)
        with pytest.raises(Restricted):
            desk.move(visit_id=visit.pk, to=desk.State.IN_ROOM, actor=receptionist)
        desk.move(visit_id=visit.pk, to=desk.State.LEFT, actor=receptionist)


class TestWhatStillWorks:
    def test_a_no_is_taken_and_a_yes_is_not(
        self, patient, receptionist, keeper, sign_in_as
    ) -> None:
        answer(patient, "granted")
        restricted(patient, keeper)
        client = sign_in_as(receptionist)
        url = f"/patients/{patient.code}/consents/"
        page = client.get(url).content.decode()
        assert 'value="withdrawn"' in page
        assert 'value="granted"' not in page
        fields = {"manner": "spoken", "text": "x"}
        assert send(client, f"{url}education-sms/", answer="granted", **fields).status_code == 403
        assert send(client, f"{url}follow_up-sms/", answer="withdrawn", **fields).status_code == 302
        assert ConsentEntry.objects.filter(answer="withdrawn").exists()
        assert send(client, f"{url}stop/", how="stop").status_code == 302

    def test_a_guest_takes_no_answer(self, patient, carer, colleague, keeper, sign_in_as) -> None:
        granted(patient, colleague, carer)
        restricted(patient, keeper)
        client = sign_in_as(colleague)
        assert client.get(f"/patients/{patient.code}/").status_code == 200
        stop = send(client, f"/patients/{patient.code}/consents/stop/", how="stop")
        assert stop.status_code == 403

    def test_break_glass_opens_to_look(self, patient, clinic, keeper, sign_in_as) -> None:
        doctor = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
        patient.care_team.create(staff=doctor)
        restricted(patient, keeper)
        broken(patient, doctor)
        client = sign_in_as(doctor)
        assert "主诉" in client.get(f"/patients/{patient.code}/").content.decode()
        moved = send(client, f"/patients/{patient.code}/stage/", stage="closed", before="new")
        assert moved.status_code == 403

    def test_who_would_not_see_the_patient_learns_nothing(
        self, patient, colleague, keeper, sign_in_as
    ) -> None:
        restricted(patient, keeper)
        assert sign_in_as(colleague).get(f"/patients/{patient.code}/").status_code == 404
        asked_for(patient, colleague)  # as for any code (T18)

    def test_it_is_found_by_code_alone(self, clinic, receptionist, keeper, sign_in_as) -> None:
        patient = PatientFactory.create(clinic=clinic, contact={"phone": "+8613800138000"})
        restricted(patient, keeper)
        client = sign_in_as(receptionist)
        by_code = send(client, "/search/", q=patient.code)
        assert by_code.url == f"/patients/{patient.code}/"
        by_phone = send(client, "/search/", q="13800138000")
        assert by_phone.status_code == 200
        assert patient.spaced_code not in by_phone.content.decode()

    def test_the_list_shows_the_code(self, patient, carer, receptionist, keeper, sign_in_as):
        restricted(patient, keeper)
        for somebody in (carer, receptionist):
            page = sign_in_as(somebody).get("/patients/?status=restricted").content.decode()
            assert patient.spaced_code in page
            stage = sign_in_as(somebody).get("/patients/?stage=new").content.decode()
            assert patient.spaced_code not in stage
