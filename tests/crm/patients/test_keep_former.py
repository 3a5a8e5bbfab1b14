"""What a correction writes over: kept sealed, revealed like the rest, gone after 180 days."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import gettext

from crm.patients.former_models import KEPT, FormerContact
from crm.patients.formers import contact_with_formers, former_value
from crm.patients.models import PatientContact
from crm.patients.services import revealing
from crm.patients.services.care import change_contact
from crm.patients.services.formers import remove_due
from crm.patients.services.registration import issue_visit_code
from crm.patients.tasks import remove_former
from privacy.access.caps import Cap
from privacy.access.policy import Role
from privacy.audit import services as audit
from privacy.audit.events import AuditTrailEvent
from privacy.audit.models import READER, AuditEvent, RowChange, acting_as
from privacy.audit.rules import box_noted
from privacy.custody import ledger_file
from privacy.custody.erasure import REASON_CHOICES, shred
from privacy.custody.reconciling import Finding, Verdict, open_run, reconcile
from privacy.encryption.keys import Zone
from privacy.errors import Unreadable
from tests.conftest import owner_connection
from tests.factories.guards import guarded_by
from tests.factories.people import PatientFactory, UserFactory

pytestmark = pytest.mark.django_db
WHY = "患者称电话被人改过，核对"
OLD, NEW = "+8613800138000", "+8613900139000"


@pytest.fixture
def corrected(patient, receptionist):
    """The patient's phone was turned into another one, and they are here today."""
    issue_visit_code(patient=patient, actor=receptionist)
    change_contact(patient=patient, name="", phone=NEW, actor=receptionist)
    return patient


def former_of(patient):
    return FormerContact.objects.get(patient=patient)


def offered(patient, field="phone"):
    """How the form names the value that ``field`` held before."""
    return next(one.key for one in contact_with_formers(patient)[1] if one.field == field)


def look(client, patient, field):
    form = {"field": field, "purpose": "other", "reason": WHY}
    return client.post(f"/patients/{patient.code}/reveal/", form, headers={"HX-Request": "true"})


def text_of(sealed, patient):
    with transaction.atomic():
        receipt = audit.record(
            AuditTrailEvent.VIEWED, process="test", subjects=[patient], fields=[sealed.path]
        )
    return sealed.reveal(receipt)


# --- what is set aside -------------------------------------------------------------------------


def test_the_value_that_stood_there_is_kept_sealed(corrected):
    former = former_of(corrected)

    assert text_of(former.phone, corrected) == OLD
    assert text_of(PatientContact.objects.get(patient=corrected).phone, corrected) == NEW
    assert former.name is None
    assert OLD.encode() not in former.phone.box


def test_the_event_covers_the_content_and_holds_none(corrected, booked):
    (event,) = booked("patient.contact_changed")
    former = former_of(corrected)
    contact = PatientContact.objects.get(patient=corrected)

    assert event.target == f"former:{former.pk}"
    assert event.detail == {
        "phone": box_noted(contact.phone.box), "former_phone": box_noted(former.phone.box),
    }  # fmt: skip
    with acting_as(READER), connection.cursor() as cursor:
        note = RowChange.objects.get(relation="crm_formercontact")
        cursor.execute(
            "SELECT count(*) FROM privacy_rowchange JOIN privacy_auditevent USING (xid) "
            "WHERE relation = 'crm_formercontact' AND action = 'patient.contact_changed'"
        )
        (in_one_transaction,) = cursor.fetchone()
    assert note.boxes == {"phone": event.detail["former_phone"]}
    assert (note.row_key, in_one_transaction) == (str(former.pk), 1)


def test_both_fields_of_one_correction_stand_in_one_row(patient, receptionist, booked):
    change_contact(patient=patient, name="李雷", phone=NEW, actor=receptionist)

    former = former_of(patient)
    assert text_of(former.name, patient) == "王芳"
    assert text_of(former.phone, patient) == OLD
    (event,) = booked("patient.contact_changed")
    assert sorted(event.detail) == ["former_name", "former_phone", "name", "phone"]


def test_each_correction_keeps_its_own(corrected, receptionist):
    change_contact(patient=corrected, name="", phone="+8613700137000", actor=receptionist)

    rows = FormerContact.objects.filter(patient=corrected).order_by("created_at")
    assert [text_of(one.phone, corrected) for one in rows] == [OLD, NEW]
    newest, oldest = contact_with_formers(corrected)[1]
    assert newest.until > oldest.until


@pytest.mark.parametrize("before", ["", NEW])
def test_nothing_is_kept_where_nothing_is_lost(clinic, receptionist, booked, before):
    patient = PatientFactory.create(clinic=clinic, contact={"phone": before})

    change_contact(patient=patient, name="", phone=NEW, actor=receptionist)

    assert not FormerContact.objects.exists()
    (event,) = booked("patient.contact_changed")
    assert (event.target, list(event.detail)) == ("", ["phone"])


def test_what_does_not_open_is_neither_kept_nor_lost(patient, receptionist):
    PatientContact.objects.filter(patient=patient).update(phone=b"\x01\x01" + bytes(60))
    with pytest.raises(Unreadable):
        change_contact(patient=patient, name="李雷", phone=NEW, actor=receptionist)
    assert not FormerContact.objects.exists()


# --- who sees it -------------------------------------------------------------------------------


def test_the_dialog_offers_it_only_where_there_is_one(desk, patient, corrected, clinic):
    other = PatientFactory.create(clinic=clinic)
    issue_visit_code(patient=other, actor=UserFactory.create(clinic=clinic, role=Role.FRONT_DESK))

    page, dialog = (
        desk.get(f"/patients/{corrected.code}/{where}").content.decode()
        for where in ("", "reveal/")
    )
    for text in (page, dialog):
        assert f'value="{offered(corrected)}"' in text
        assert gettext("Former phone") in text
        assert "138 0013" not in text
    assert gettext("Former phone") not in desk.get(f"/patients/{other.code}/").content.decode()


def test_a_look_is_an_event_of_its_own(desk, corrected, booked, receptionist):
    page = look(desk, corrected, offered(corrected)).content.decode()

    assert "138 0013 8000" in page
    assert gettext("Former phone") in page
    assert 'data-expires="60"' in page
    (event,) = booked("patient.revealed")
    assert (event.actor, event.reason) == (receptionist.pk, WHY)
    assert event.fields == ["formercontact.phone"]
    assert event.target == f"former:{former_of(corrected).pk}"
    assert event.codes == [corrected.code]


def test_who_looked_says_that_it_was_the_former_one(desk, corrected):
    look(desk, corrected, offered(corrected))
    assert (
        gettext("Former phone") in desk.get(f"/patients/{corrected.code}/looked/").content.decode()
    )


@pytest.mark.parametrize(
    ("role", "field", "status"),
    [
        (Role.CONSULTANT, "phone", 200),
        (Role.CONSULTANT, "name", 200),
        (Role.DOCTOR, "phone", 422),
        (Role.DOCTOR, "name", 200),
        (Role.FOLLOWUP_AGENT, "phone", 403),
        (Role.MEDICAL_QC, "name", 403),
        (Role.MEDIATION, "name", 404),  # on no care team, whatever its row says
    ],
)
def test_whoever_opens_the_field_opens_what_it_was(
    sign_in_as, clinic, patient, receptionist, role, field, status
):
    change_contact(patient=patient, name="李雷", phone=NEW, actor=receptionist)
    user = UserFactory.create(clinic=clinic, role=role)
    patient.care_team.create(staff=user)

    answer = look(sign_in_as(user), patient, offered(patient, field))

    assert answer.status_code == status
    assert ("data-expires" in answer.content.decode()) == (status == 200)


def test_a_stranger_finds_nothing(sign_in_as, stranger, corrected, booked):
    assert look(sign_in_as(stranger), corrected, offered(corrected)).status_code == 404
    assert not booked("patient.revealed")


def test_the_desk_sees_it_of_todays_patients_only(desk, patient, receptionist):
    change_contact(patient=patient, name="", phone=NEW, actor=receptionist)
    assert look(desk, patient, offered(patient)).status_code == 403


def test_a_row_of_another_patient_is_no_field_of_this_one(desk, corrected, clinic, receptionist):
    other = PatientFactory.create(clinic=clinic)
    issue_visit_code(patient=other, actor=receptionist)

    assert look(desk, other, offered(corrected)).status_code == 422
    assert former_value(other, former_of(corrected).pk, "phone") is None


def test_it_counts_under_the_same_caps(desk, corrected, monkeypatch, booked):
    monkeypatch.setattr(revealing, "CAPS", (Cap(1, timedelta(hours=1)),))

    assert look(desk, corrected, offered(corrected)).status_code == 200
    assert look(desk, corrected, "phone").status_code == 422
    assert look(desk, corrected, offered(corrected)).status_code == 422
    assert len(booked("patient.revealed")) == 1


def test_of_a_guarded_patient_it_is_marked(
    clinic, carer, patient, receptionist, sign_in_as, booked
):
    change_contact(patient=patient, name="", phone=NEW, actor=receptionist)
    guarded_by(patient, carer)

    assert look(sign_in_as(carer), patient, offered(patient)).status_code == 200
    assert booked("patient.revealed")[0].detail == {"guarded": 1}


def test_a_page_costs_no_statement_more(desk, corrected):
    with CaptureQueriesContext(connection) as asked:
        desk.get(f"/patients/{corrected.code}/")
    about = [one["sql"] for one in asked if "crm_formercontact" in one["sql"]]
    assert len(about) == 1
    assert about[0].count('FROM "crm_patientcontact"') == 1


# --- it stays, and it goes ----------------------------------------------------------------------


@pytest.mark.parametrize("column", ["phone", "created_at"])
def test_nobody_changes_what_was_set_aside(corrected, column):
    values = {"phone": b"\x01\x01" + bytes(80), "created_at": timezone.now() - KEPT * 2}
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        FormerContact.objects.update(**{column: values[column]})
    assert refusal.value.__cause__.diag.constraint_name == "former_contact_stays"


def test_nobody_removes_it_before_its_time(corrected):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        FormerContact.objects.all().delete()
    assert refusal.value.__cause__.diag.constraint_name == "former_contact_is_kept"
    assert remove_due() == 0


def test_a_row_holds_something(patient):
    with (
        pytest.raises(IntegrityError, match="former_contact_holds_something"),
        transaction.atomic(),
    ):
        FormerContact.objects.create(patient=patient)


def test_after_180_days_the_night_removes_it_and_says_so(patient, receptionist, booked):
    with time_machine.travel(timezone.now() - KEPT - timedelta(minutes=1)):
        change_contact(patient=patient, name="", phone=NEW, actor=receptionist)
    change_contact(patient=patient, name="", phone="+8613700137000", actor=receptionist)
    with time_machine.travel(timezone.now() - KEPT + timedelta(minutes=1)):
        change_contact(patient=patient, name="李雷", phone="", actor=receptionist)

    remove_former()
    remove_former()

    left = FormerContact.objects.filter(patient=patient).order_by("created_at")
    assert [bool(one.name) for one in left] == [True, False]
    (event,) = booked("patient.former_removed")
    assert (event.process, event.codes, event.detail) == (
        "former-contact", [patient.code], {"rows": 1},
    )  # fmt: skip


def test_of_two_workers_the_second_finds_nothing(patient, receptionist, booked):
    from crm.patients.services.formers import _remove

    with time_machine.travel(timezone.now() - KEPT - timedelta(minutes=1)):
        change_contact(patient=patient, name="", phone=NEW, actor=receptionist)

    assert (_remove(patient), _remove(patient)) == (1, 0)
    assert len(booked("patient.former_removed")) == 1


@pytest.mark.django_db(transaction=True)
def test_it_dies_with_the_contact_key(desk, corrected, receptionist, settings, tmp_path):
    settings.ERASURE_LEDGER_FILE = str(tmp_path / "erasures.log")
    ledger_file.lay()
    shred(
        subject=corrected.subject, zone=Zone.CONTACT, reason=REASON_CHOICES[0][0],
        actor=receptionist,
    )  # fmt: skip

    answer = look(desk, corrected, offered(corrected))

    assert "data-erased" in answer.content.decode()
    with pytest.raises(Unreadable):
        text_of(former_of(corrected).phone, corrected)


@pytest.mark.django_db(transaction=True)
def test_a_box_changed_behind_the_net_does_not_open_and_is_found(patient, receptionist):
    change_contact(patient=patient, name="李雷", phone=NEW, actor=receptionist)
    with owner_connection() as owner:
        owner.execute("ALTER TABLE crm_formercontact DISABLE TRIGGER USER")
        owner.execute("UPDATE crm_formercontact SET phone = name")
        for fence in ("former_contact_stays", "rows_noted", "rows_added", "rows_emptied"):
            owner.execute(f"ALTER TABLE crm_formercontact ENABLE ALWAYS TRIGGER {fence}")

    former = former_of(patient)
    with pytest.raises(Unreadable):
        text_of(former.phone, patient)
    found = [one for step in reconcile(open_run(), process="test") for one in step.findings]
    assert found == [
        Finding("crm_formercontact", str(former.pk), Verdict.CHANGED, ("phone",)),
    ]
    with acting_as(READER):
        event = AuditEvent.objects.get(action="rows.mismatch")
    assert (event.fields, event.codes) == (["formercontact.phone"], [patient.code])


def test_a_row_that_is_gone_tells_nothing(patient):
    assert former_value(patient, UUID(int=0), "phone") is None
    assert contact_with_formers(patient)[1] == []
