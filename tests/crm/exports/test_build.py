"""The builder: what lies in a file, what a kill in the middle leaves, what it refuses to build."""

import csv
import io
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from crm.exports import selectors
from crm.exports.services import building as crm_building
from crm.exports.services.building import build_next, covered
from crm.patients.models import Patient, PatientContact
from privacy.access.policy import Role
from privacy.exports import rules
from privacy.exports.models import Export, ExportMark
from privacy.exports.services import building, deciding, handing_over
from tests.crm.exports.test_take_once import left, rows_in, taken
from tests.factories.consultations import submitted_of
from tests.factories.exports import approved, built
from tests.factories.fees import State, make_version
from tests.factories.followup import PlanFactory, StepFactory
from tests.factories.people import PatientFactory, UserFactory
from tests.factories.restrictions import restricted
from tests.factories.work import work_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def doctor(clinic, patients):
    user = UserFactory.create(clinic=clinic, role=Role.DOCTOR)
    for patient in patients:
        patient.care_team.create(staff=user)
    return user


def real_rows(export: Export) -> list[list[str]]:
    """The file's rows without the invented ones, by code."""
    content, password = taken(export)
    invented = [next(csv.reader(io.StringIO(one.seen())))[0] for one in export.marks.all()]
    table = rows_in(content, password)[1:]
    return sorted(line for line in table if line[0] not in invented)


def test_identity_leaves_only_when_asked_for(accountant, patients):
    everything = " ".join(map(" ".join, real_rows(built(accountant))))
    assert "赵晓" not in everything
    named = real_rows(built(accountant, fields=("code", "name"), identifying=True))
    assert sorted(line[1] for line in named) == ["赵晓0", "赵晓1", "赵晓2"]


def test_consultations_with_free_text_covered(doctor, patients):
    submitted_of(patients[0], doctor, note="已与王建国电话13912345678沟通，住朝阳区建国路88号")
    fields = ("code", "channel", "worries", "disposition", "note")
    (line,) = real_rows(built(doctor, dataset="consultations", fields=fields))
    assert line[0] == patients[0].code
    assert "13912345678" not in line[4]
    assert "王建国" not in line[4]
    assert "沟通" in line[4]


def test_estimates_are_numbers(doctor, patients):
    make_version(patients[0], doctor, state=State.ISSUED)
    make_version(patients[1], doctor)  # a draft stays here
    fields = ("code", "number", "state", "low", "high")
    (line,) = real_rows(built(doctor, dataset="estimates", fields=fields))
    assert line[1].startswith("E-")
    assert float(line[3]) <= float(line[4])


def test_follow_up_results(doctor, patients):
    from followup.calls.models import CallResult

    step = StepFactory.create(plan=PlanFactory.create(patient=patients[0]), call=True)
    CallResult.objects.create(step=step, number=1, outcome="reached", operator=doctor)
    (line,) = real_rows(built(doctor, dataset="follow_up", fields=("code", "plan", "outcome")))
    assert line[:2] == [patients[0].code, step.plan.template.name]


def test_every_column_can_be_written(clinic, doctor, patients, monkeypatch):
    """All fields of all data sets at once, as a role that sees them would ask for them."""
    submitted_of(patients[0], doctor)
    make_version(patients[0], doctor, state=State.ISSUED)
    from crm.exports.datasets import DATASETS
    from followup.calls.models import CallResult

    step = StepFactory.create(plan=PlanFactory.create(patient=patients[0]), call=True)
    CallResult.objects.create(step=step, number=1, outcome="reached", operator=doctor)
    for dataset in DATASETS.values():
        fields = tuple(one.code for one in dataset.open_to(doctor))
        export = built(doctor, dataset=dataset.code, fields=fields, identifying=False)
        assert export.state == "ready", dataset.code
        assert all(len(line) == len(fields) + 1 for line in real_rows(export))


def test_invented_rows_look_like_the_others(accountant, patients):
    fields = ("code", "status", "stage", "registered_on", "name", "id_number")
    export = built(accountant, fields=fields, identifying=True)
    marks = [next(csv.reader(io.StringIO(one.seen()))) for one in export.marks.all()]
    assert len(marks) == rules.MARKS
    for line in marks:
        assert not Patient.objects.filter(subject__code=line[0]).exists()
        assert line[1:4] == real_row_facts(export)
        assert line[5][14:17] in {"996", "997", "998", "999"}


def real_row_facts(export: Export) -> list[str]:
    patient = Patient.objects.filter(clinic_id=export.clinic).first()
    day = f"{timezone.localtime(patient.created_at):%Y-%m-%d}"
    return [patient.get_status_display(), patient.get_stage_display(), day]


def test_marks_lie_sealed(accountant, patients):
    export = built(accountant, fields=("code", "name"), identifying=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row, digests FROM privacy_exportmark")
        stored = b"".join(bytes(row) + b"".join(map(bytes, digests))
                          for row, digests in cursor.fetchall())  # fmt: skip
        cursor.execute("SELECT password FROM privacy_export")
        box = bytes(cursor.fetchone()[0])
    mark = export.marks.first().seen()
    assert mark.split(",")[0].encode() not in stored
    _content, password = taken(export)
    assert password.encode() not in box


def test_a_file_on_the_disk_shows_nothing(accountant, patients):
    """What hunt_plaintext looks for: names, numbers and codes in the folder of the exports."""
    from crm.embedded.leaks import Canary, hunt

    built(accountant, fields=("code", "name"), identifying=True)
    folder = Path(settings.EXPORTS_DIR)
    needles = [Canary("name", "赵晓0"), Canary("code", patients[0].code)]
    assert list(hunt(needles, folder.iterdir())) == []
    (folder / "planted.txt").write_text("赵晓0", encoding="gb18030")
    assert len(list(hunt(needles, folder.iterdir()))) == 1


def test_rows_stand_in_an_order_of_their_own(clinic, accountant):
    for _ in range(12):
        work_of(Role.FINANCE, PatientFactory.create(clinic=clinic))
    first, second = built(accountant), built(accountant)
    orders = [[row.pk for row in sorted_rows(one)] for one in (first, second)]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    assert orders[0] == [row.pk for row in sorted_rows(first)]


def sorted_rows(export: Export) -> list[Patient]:
    from privacy.exports.models import place_of

    return sorted(selectors.rows_of(export), key=lambda row: place_of(export.pk, row.pk))


@pytest.mark.parametrize(
    ("text", "shown"),
    [("回访 13912345678", "回访 ※※※※※※※※※※※"), ("无特殊", "无特殊"), ("", "")],
)
def test_covering_keeps_the_length(text, shown):
    assert covered(text) == shown


@pytest.mark.parametrize(
    ("own", "shown"),
    [
        ((), "※※※本人※※※※※※※※※※※，姐姐※※※ +※※ ※※※-※※※※-※※※※"),
        (("赵晓明",), "赵晓明本人※※※※※※※※※※※，姐姐※※※ +※※ ※※※-※※※※-※※※※"),
        (("13800000001",), "※※※本人13800000001，姐姐※※※ +※※ ※※※-※※※※-※※※※"),
        (("赵晓明", "+8613900000002", ""), "赵晓明本人※※※※※※※※※※※，姐姐※※※ +86 139-0000-0002"),
    ],
)
def test_the_patients_own_chosen_values_stay_and_relatives_are_covered(own, shown):
    text = "赵晓明本人13800000001，姐姐赵晓红 +86 139-0000-0002"
    assert covered(text, own) == shown


def test_identity_chosen_uncovers_nobody_else(doctor, clinic):
    """A complaint names the patient and a relative; name and ID number were approved."""
    own = {"name": "赵晓明", "phone": "+8613800000001"}
    told = "赵晓明 13800000001 腹痛，姐姐赵晓红 13900000002 陪同"
    own["chief_complaint"] = told
    patient = PatientFactory.create(clinic=clinic, contact=own)
    patient.care_team.create(staff=doctor)
    fields = ("code", "chief_complaint", "name")
    lines = real_rows(built(doctor, fields=fields, identifying=True))
    (complaint,) = [line[1] for line in lines if line[0] == patient.code]
    assert complaint == "赵晓明 ※※※※※※※※※※※ 腹痛，姐姐※※※ ※※※※※※※※※※※ 陪同"


# --- what is not built ------------------------------------------------------------------------


def failure_of(export: Export) -> str:
    assert build_next()
    export.refresh_from_db()
    assert (export.state, export.password, left()) == ("failed", None, [])
    return export.failure


def test_no_row_more_than_was_approved(accountant, patients, clinic):
    export = approved(accountant, stage="new")
    late = PatientFactory.create(clinic=clinic)
    work_of(Role.FINANCE, late)
    assert late.pk not in {row.pk for row in selectors.rows_of(export)}
    Patient.objects.filter(pk=late.pk).update(created_at=export.asked_at - timedelta(days=1))
    assert failure_of(export) == "grew"


def test_nothing_left_is_no_file(accountant, patients):
    export = approved(accountant)
    for patient in patients:
        restricted(patient)
    assert failure_of(export) == "empty"


def test_who_was_erased_meanwhile_is_left_out(accountant, patients):
    export = approved(accountant)
    restricted(patients[0])
    assert build_next()
    export.refresh_from_db()
    assert (export.state, export.built_rows) == ("ready", 2)
    assert patients[0].code not in {line[0] for line in real_rows(export)}


@pytest.mark.parametrize("change", [{"is_active": False}, {"cleared_until": None}])
def test_who_may_no_longer_export_gets_nothing(change, accountant, patients):
    export = approved(accountant)
    for name, value in change.items():
        setattr(accountant, name, value)
    accountant.save()
    assert failure_of(export) == "may_not"


def test_a_value_that_does_not_open_stops_the_file(accountant, patients, booked):
    export = approved(accountant, fields=("code", "name"), identifying=True)
    other = PatientContact.objects.get(patient=patients[1])
    box = bytes(PatientContact.objects.get(patient=patients[0]).name.box)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_patientcontact SET name = %s WHERE id = %s", [box, other.pk])
    assert failure_of(export) == "unreadable"
    assert booked("crypto.failed")


def test_approved_and_never_built_it_is_dropped(accountant, patients, booked):
    export = approved(accountant)
    with time_machine.travel(timezone.now() + timedelta(days=2, seconds=5), tick=False):
        assert handing_over.destroy_run_out() == 1
    export.refresh_from_db()
    assert (export.state, export.failure) == ("failed", "too_late")


def test_what_is_too_late_is_not_built_by_a_builder_that_comes_first(accountant, patients):
    """The clock that drops it may stand still as long as the builder did."""
    export = approved(accountant)
    with time_machine.travel(timezone.now() + rules.BUILD_WITHIN, tick=False):
        assert not build_next()
        assert handing_over.destroy_run_out() == 1
    export.refresh_from_db()
    assert (export.state, export.failure) == ("failed", "too_late")


# --- builders that die ------------------------------------------------------------------------


def test_a_dead_builders_export_is_taken_up_again(accountant, patients, booked):
    export = approved(accountant)
    dead = building.take_up()
    assert (dead.pk, dead.builds) == (export.pk, 1)
    Path(settings.EXPORTS_DIR).mkdir(exist_ok=True)
    (Path(settings.EXPORTS_DIR) / f"{export.pk}.1.part").write_bytes(b"half")
    assert not build_next()  # its lease still runs
    with time_machine.travel(timezone.now() + rules.LEASE + timedelta(seconds=1)):
        assert build_next()
    export.refresh_from_db()
    assert (export.state, export.builds, left()) == ("ready", 2, [f"{export.pk}.zip"])
    with pytest.raises(building.Lost):
        building.advance(export=dead, written=1)
    with pytest.raises(building.Lost):
        building.finish(export=dead, parts={"x": b""}, marks=[], rows=1)
    assert left() == [f"{export.pk}.zip"]
    assert ExportMark.objects.filter(export=export).count() == rules.MARKS
    content = taken(export)
    assert content


def test_after_five_dead_builders_it_is_given_up(accountant, patients):
    export = approved(accountant)
    now = timezone.now()
    for number in range(rules.MOST_BUILDS):
        with time_machine.travel(now + number * timedelta(minutes=2), tick=False):
            assert building.take_up()
    with time_machine.travel(now + timedelta(minutes=20), tick=False):
        assert building.take_up() is None
    export.refresh_from_db()
    assert (export.state, export.failure) == ("failed", "gave_up")


def test_withdrawn_while_it_is_built(accountant, patients, monkeypatch):
    export = approved(accountant)
    write = crm_building._parts

    def withdrawn(*args):
        deciding.withdraw(export=export, actor=accountant)
        return write(*args)

    monkeypatch.setattr(crm_building, "_parts", withdrawn)
    assert build_next()
    export.refresh_from_db()
    assert (export.state, left()) == ("withdrawn", [])


def test_a_builder_that_lost_its_export_does_not_end_it(accountant, patients):
    export = approved(accountant)
    mine = building.take_up()
    deciding.withdraw(export=export, actor=accountant)
    building.fail(export=mine, failure="grew")
    export.refresh_from_db()
    assert (export.state, export.failure) == ("withdrawn", "")


def test_rows_are_called_by_codes_and_keys(accountant, patients):
    export = built(accountant)
    assert str(export) == export.code
    assert str(export.approvals.first()).endswith(str(export.pk))
    assert str(export.marks.first()) == f"mark of {export.pk}"


def test_progress_is_seen_on_the_page(accountant, clinic, sign_in_as, monkeypatch):
    for _ in range(4):
        work_of(Role.FINANCE, PatientFactory.create(clinic=clinic))
    monkeypatch.setattr(crm_building, "CHUNK", 2)
    export, seen = approved(accountant), []
    advance = building.advance
    browser = sign_in_as(accountant)

    def watched(**facts):
        advance(**facts)
        page = browser.get(f"/exports/{export.pk}/", headers={"HX-Request": "true"})
        seen.append((page.context["opened"].one.row.percent, "every 2s" in page.content.decode()))

    monkeypatch.setattr(building, "advance", watched)
    build_next()
    assert seen == [(50, True), (100, True)]


BUILDER = """
import os, sys, time
import django
django.setup()
from crm.exports.services import building as rows
from privacy.exports.services import building
def slow(*, export, written):
    print("written", written, flush=True)
    time.sleep(60)
def half(*args):
    made = write_half(*args)
    print("half", made.name, flush=True)
    time.sleep(60)
    return made
if sys.argv[1] == "rows":
    rows.CHUNK, building.advance = 1, slow
else:
    write_half, building.files.write_half = building.files.write_half, half
rows.build_next()
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["rows", "file"])
def test_a_builder_killed_in_the_middle_leaves_one_file_in_the_end(
    where, accountant, patients, tmp_path
):
    export = approved(accountant)
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    roots = {name: value for name, value in os.environ.items() if name.startswith("SUIAN_")}
    environment = {
        **os.environ, **roots, "DATABASE_URL": url, "DATABASE_ROLE": settings.DATABASE_APP_ROLE,
        "EXPORTS_DIR": settings.EXPORTS_DIR,
    }  # fmt: skip
    command = [sys.executable, "-c", BUILDER, where]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as builder:
        assert builder.stdout is not None
        assert builder.stdout.readline().startswith(("written", "half"))
        os.kill(builder.pid, signal.SIGKILL)
    export.refresh_from_db()
    assert (export.state, export.sha256, export.password) == ("building", "", None)
    assert not any(name.endswith(".zip") for name in left())
    assert not build_next()

    with time_machine.travel(timezone.now() + rules.LEASE + timedelta(seconds=1)):
        assert build_next()
    export.refresh_from_db()
    assert (export.state, export.builds, left()) == ("ready", 2, [f"{export.pk}.zip"])
    assert len(real_rows(export)) == 3
