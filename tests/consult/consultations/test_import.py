"""Taking over old talks: whole batches, each row once, nothing in the clear."""

import json
from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from consult.consultations import services
from consult.consultations.models import Consultation, Turn
from consult.consultations.services import importing
from crm.patients.invented import People
from crm.patients.models import Patient, PatientContact, PatientGuard
from crm.staff.models import Clinic
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.consult.consultations.test_covering import stored_bytes
from tests.factories.people import UserFactory
from tests.shared_data import shared

QUESTION = {"id": "q-{n}", "department": "妇科", "title": "标题{n}", "question": "问题{n}？"}
DIALOGUE = {
    "id": "d-1",
    "department": "男科",
    "turns": [
        {"role": "patient", "text": "医生，我的电话是13812345678"},
        {"role": "doctor", "text": "好的，请到院检查。"},
    ],
}
INTAKE = {"id": "f-1", "fields": {"疾病": "月经不调", "过敏史": "无"}, "doctor_summary": "建议复查"}
BAD = ['{"id": "b-1"', '{"question": "没有编号的问题"}', '{"id": "b-3", "answer": "没有问题"}']


def questions(count):
    return [
        {key: value.format(n=n) for key, value in QUESTION.items()} | {"answer": f"回答{n}。"}
        for n in range(count)
    ]


def write(path, rows, *, encoding="utf-8"):
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_bytes("\n".join(lines).encode(encoding))
    return str(path)


@pytest.fixture
def importer(clinic):
    return UserFactory.create(clinic=clinic, role=Role.SYSTEM_ADMIN, staff_no="admin-1")


def run(*files, **options):
    out = StringIO()
    call_command("import_consultations", *files, staff="admin-1", stdout=out, **options)
    return out.getvalue()


def test_all_three_shapes_become_locked_records(tmp_path, importer):
    file = write(tmp_path / "a.jsonl", [*questions(2), DIALOGUE, INTAKE])

    out = run(file, clinic="旧资料")

    assert "4 rows read: 4 added, 0 known already, 0 rejected" in out
    assert "8 messages, 1 personal number covered, 3 audit events" in out
    record = Consultation.objects.get(import_row="d-1")
    assert record.status == "submitted"
    assert record.started_at is None
    assert (record.consultant, record.imported_by) == (None, importer)
    assert record.patient.clinic.name == "旧资料"
    opened = services.open_consultation(consultation=record, actor=importer)
    assert [(one.speaker, one.text.reveal(opened.receipt)) for one in opened.turns] == [
        ("patient", "医生，我的电话是※※※※※※※※※78"),
        ("staff", "好的，请到院检查。"),
    ]
    assert record.department.reveal(opened.receipt) == "男科"


def test_each_row_gets_a_person_who_can_be_found_and_does_not_exist(tmp_path, importer):
    run(write(tmp_path / "a.jsonl", questions(5)))

    contacts = PatientContact.objects.filter(patient__clinic=importer.clinic)
    assert contacts.count() == 5
    assert all(one.phone_index is not None and one.name_tokens for one in contacts)
    assert len({one.patient.code for one in contacts}) == 5


def test_nothing_lies_in_the_clear(tmp_path, importer):
    run(write(tmp_path / "a.jsonl", [*questions(2), DIALOGUE, INTAKE]))

    rows = stored_bytes()
    for canary in ("13812345678", "问题0", "回答1", "标题0", "妇科", "月经不调", "建议复查"):
        assert canary not in rows


def test_a_second_run_adds_nothing(tmp_path, importer):
    file = write(tmp_path / "a.jsonl", questions(7))
    run(file, batch=3)

    again = run(file, batch=2)

    assert "0 added, 7 known already" in again
    assert Consultation.objects.count() == Patient.objects.count() == 7


@pytest.mark.django_db(transaction=True)
def test_a_run_after_a_crash_goes_on_where_whole_batches_end(tmp_path, importer, monkeypatch):
    file = write(tmp_path / "a.jsonl", questions(10))
    whole = importing.stored

    def crash(text):
        if text == "问题7？":
            raise KeyboardInterrupt
        return whole(text)

    monkeypatch.setattr(importing, "stored", crash)
    with pytest.raises(KeyboardInterrupt):
        run(file, batch=3)
    assert Consultation.objects.count() == Patient.objects.count() == 6
    assert not Consultation.objects.filter(status="draft").exists()

    monkeypatch.setattr(importing, "stored", whole)
    out = run(file, batch=3)

    assert "4 added, 6 known already" in out
    assert Consultation.objects.count() == Patient.objects.count() == 10
    assert Turn.objects.count() == 20


def test_a_dry_run_writes_nothing_at_all(tmp_path, importer):
    file = write(tmp_path / "a.jsonl", [*questions(3), DIALOGUE, *BAD])
    with acting_as(READER):
        before = AuditEvent.objects.count()

    out = run(file, dry_run=True, clinic="没有的院区")

    assert "7 rows read: 4 would be added, 0 known already, 3 rejected" in out
    assert "1 personal number covered, 0 audit events" in out
    assert not Consultation.objects.exists()
    assert not Clinic.objects.filter(name="没有的院区").exists()
    with acting_as(READER):
        assert AuditEvent.objects.count() == before


def test_bad_rows_are_named_with_a_reason_and_without_their_text(tmp_path, importer):
    file = write(tmp_path / "a.jsonl", [*BAD, *questions(2), questions(1)[0]])
    errors = tmp_path / "errors.jsonl"

    out = run(file, errors=str(errors))

    assert "2 added" in out
    assert "4 rejected" in out
    rows = [json.loads(line) for line in errors.read_text().splitlines()]
    assert [(row["line"], row["row"], row["reason"]) for row in rows] == [
        (1, None, "not_json"),
        (2, None, "missing_id"),
        (3, "b-3", "wrong_shape"),
        (6, "q-0", "duplicate_id"),
    ]
    assert "没有编号的问题" not in errors.read_text()


def test_gb18030_is_recognised(tmp_path, importer):
    rows = [{**DIALOGUE, "turns": [{"role": "patient", "text": "䶮先生想问试管的费用"}]}]

    run(write(tmp_path / "gb.jsonl", rows, encoding="gb18030"))

    record = Consultation.objects.get()
    opened = services.open_consultation(consultation=record, actor=importer)
    assert opened.turns[0].text.reveal(opened.receipt) == "䶮先生想问试管的费用"


def test_one_event_a_batch_and_two_around(tmp_path, importer):
    run(write(tmp_path / "a.jsonl", questions(5)), batch=2)

    with acting_as(READER):
        events = list(AuditEvent.objects.filter(kind="import").order_by("id"))
    assert [event.action.partition(".")[2] for event in events] == [
        *("import_started", "imported", "imported", "imported", "import_ended")
    ]
    assert [event.count for event in events] == [0, 2, 2, 1, 0]
    assert {event.actor for event in events} == {importer.pk}
    assert events[-1].detail == {"files": 1, "added": 5, "known": 0, "rejected": 0}


def test_a_limit_stops_after_so_many_good_rows(tmp_path, importer):
    run(write(tmp_path / "a.jsonl", [*BAD, *questions(9)]), limit=4, batch=3)

    assert Consultation.objects.count() == 4


@pytest.mark.parametrize(
    ("file", "options"),
    [
        ("missing.jsonl", {}),
        (".", {}),
        ("a.jsonl", {"errors": "no/such/folder/errors"}),
    ],
)
def test_what_cannot_be_read_or_written_stops_before_anything_is_stored(
    tmp_path, importer, file, options
):
    write(tmp_path / "a.jsonl", questions(1))
    given = {key: str(tmp_path / value) for key, value in options.items()}

    with pytest.raises(CommandError) as caught:
        run(str(tmp_path / "a.jsonl"), str(tmp_path / file), **given)

    assert caught.value.returncode == 2
    assert not Consultation.objects.exists()


@pytest.mark.parametrize("role", [Role.CONSULTANT, Role.AUDITOR])
def test_only_who_may_import_imports(tmp_path, clinic, role):
    UserFactory.create(clinic=clinic, role=role, staff_no="admin-1")

    with pytest.raises(CommandError):
        run(write(tmp_path / "a.jsonl", questions(1)))


def test_an_unknown_staff_number_is_said(tmp_path, db):
    with pytest.raises(CommandError, match="admin-1"):
        run(write(tmp_path / "a.jsonl", questions(1)))


def test_an_imported_record_reads_well(sign_in_as, tmp_path, importer):
    run(write(tmp_path / "a.jsonl", [DIALOGUE]))
    reviewer = UserFactory.create(clinic=importer.clinic, role=Role.MEDICAL_QC)
    record = Consultation.objects.get()

    page = sign_in_as(reviewer).get(f"/consultations/{record.pk}/").content.decode()

    assert "时间不详" in page
    assert importer.display_name in page
    assert "男科" in page


@pytest.mark.slow
def test_all_shared_files_come_in_and_stay_once(importer):
    names = ("reproductive_health", "general", "dialogues", "intake_forms")
    paths = [shared(f"consultations/{name}.jsonl") for name in names]
    lines = sum(path.read_bytes().count(b"\n") for path in paths)
    files = [str(path) for path in paths]

    first, second = run(*files, clinic="旧资料"), run(*files, clinic="旧资料")

    assert f"{lines} rows read: {lines} added, 0 known already, 0 rejected" in first
    assert f"0 added, {lines} known already" in second


def test_who_may_be_under_18_by_the_year_is_guarded(tmp_path, importer, monkeypatch) -> None:
    """As at every registration: the joint review goes by the marks alone (R18)."""
    person = People.person
    year = timezone.localdate().year - 18

    def young(self):
        return replace(person(self), born=date(year, 1, 1))

    monkeypatch.setattr(People, "person", young)
    run(write(tmp_path / "a.jsonl", questions(2)))
    marks = PatientGuard.objects.live().filter(kind=PatientGuard.Kind.MINOR)
    assert set(marks.values_list("patient")) == set(Patient.objects.values_list("pk"))
