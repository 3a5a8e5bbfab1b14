"""A patient with something in every sealed column there is."""

from uuid import uuid4

from consult.consultations import services as talks
from consult.consultations.models import Turn
from consult.fees.lifecycle import State
from crm.patients.former_models import FormerContact
from crm.patients.models import Patient, PatientClinical
from crm.patients.services import guarding
from crm.staff.models import User
from crm.web.models import ApiAnswer
from privacy.access.policy import Role
from tests.factories.consultations import draft_of, submitted_of
from tests.factories.fees import line, make_version
from tests.factories.people import PatientFactory, UserFactory


def whole_patient(**contact: str) -> Patient:
    """Contact, what it was before, clinical data, talks, estimates, an API answer."""
    patient = PatientFactory.create(
        contact={"name": "欧阳明", "id_number": "11010519491231002X", **contact}
    )
    doctor = UserFactory.create(clinic=patient.clinic, role=Role.DOCTOR)
    patient.care_team.create(staff=doctor)
    FormerContact.objects.create(patient=patient, name="欧阳", phone="+8613900139000")
    clinical = PatientClinical.objects.get(patient=patient)
    clinical.sex, clinical.birth_year, clinical.marital_status = "female", "1990", "single"
    clinical.save()
    _talks(patient, doctor)
    _estimates(patient, doctor)
    _guarded_once(patient, doctor)
    subject = patient.subject
    ApiAnswer.objects.create(
        user=doctor, key=uuid4(), call=b"x", subject=subject, status=200, body='{"a": 1}'
    )
    return patient


def _guarded_once(patient: Patient, doctor: User) -> None:
    """A guard that two have lifted again, with what was typed of it."""
    other = UserFactory.create(clinic=patient.clinic, role=Role.DOCTOR)
    patient.care_team.create(staff=other)
    why = "本地电视台的晚间新闻主持人"
    mark = guarding.guard(patient=patient, kind="vip", reason=why, actor=doctor)
    guarding.ask_to_lift(mark=mark, reason="患者本人说不再需要这样了", actor=doctor)
    guarding.decide_lift(mark=mark, agree=True, actor=other)


def _talks(patient: Patient, doctor: User) -> None:
    locked = submitted_of(patient, doctor, keyword="促排 费用")
    talks.add_to(consultation=locked, actor=doctor, kind="addition", text="补充：已约周三")
    draft = draft_of(patient, doctor)
    draft.unsent, draft.note = "还没写完", "草稿备注"
    draft.keyword, draft.department = "落地页", "生殖中心"
    draft.save()
    for turn in Turn.objects.filter(consultation=draft).exclude(speaker="patient")[:1]:
        turn.label = "家属"
        turn.save()


def _estimates(patient: Patient, doctor: User) -> None:
    make_version(
        patient, doctor, state=State.ISSUED, lines=[line(insurance="按目录结算"), line("血检")]
    )
    draft = make_version(patient, doctor, lines=[line("激素", insurance="自费")])
    draft.reason = "剂量改了"
    draft.save()
