"""Months that leave by the page: who may, what is booked, what stands on the sheet of paper."""

import io
import json
import zipfile
from hashlib import sha256

import pytest
from django.urls import reverse

from benchmarks.log_attacks import months
from crm.trail import month_exports
from crm.trail.models import MonthExport
from crm.trail.selectors import contents_for
from privacy.access.policy import Role
from privacy.audit import exporting, offline_verifier
from privacy.audit.models import READER, AuditEvent, AuditSeal, acting_as
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "季度合规审计由外部机构核对"


@pytest.fixture
def filled(carer, auditor, settings, tmp_path):
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "heads.log")
    months.fill(carer)


def booked(action: str) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action))


def ask(client, month: str = "2026-09", reason: str = WHY):
    return client.post(reverse("trail:month-export"), {"month": month, "reason": reason})


def test_a_month_leaves_as_a_zip_that_proves_itself(filled, auditor, sign_in_as, tmp_path) -> None:
    answer = ask(sign_in_as(auditor))
    body = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "application/zip"
    assert 'filename="audit-2026-09.zip"' in answer["Content-Disposition"]
    (tmp_path / "month.zip").write_bytes(body)
    assert offline_verifier.main([str(tmp_path / "month.zip")]) == 0
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        manifest = archive.read("audit-2026-09/manifest.json")
    assert json.loads(manifest)["withheld"] == 0

    row = MonthExport.objects.get()
    assert (row.state, row.written, row.events, row.percent) == ("done", 24, 24, 100)
    assert (row.manifest, row.complete) == (sha256(manifest).hexdigest(), True)
    (start,), (end,) = booked("audit.month_exported"), booked("audit.month_export_ended")
    assert (start.kind, start.reason, start.target) == ("export", WHY, "month:2026-09")
    assert (end.outcome, end.target) == ("ok", "month:2026-09")
    assert end.detail == {"events": 24, "sha256": row.manifest}
    assert end.request == start.request


def test_a_download_broken_off_is_booked_as_such(filled, auditor, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 10)
    pieces = month_exports.start(viewer=auditor, month="2026-09", reason=WHY)
    next(pieces)
    next(pieces)
    row = MonthExport.objects.get()
    assert row.is_open
    assert row.percent == 41
    pieces.close()
    row.refresh_from_db()
    assert (row.state, row.manifest, row.is_open) == ("failed", "", False)
    (end,) = booked("audit.month_export_ended")
    assert (end.outcome, end.detail["sha256"]) == ("failed", "")


def test_another_clinics_contents_are_withheld(filled, stranger, sign_in_as, tmp_path) -> None:
    """Its hashes go along, so that the seals can be checked all the same."""
    other = UserFactory.create(clinic=stranger.clinic, role=Role.AUDITOR)
    (tmp_path / "x.zip").write_bytes(b"".join(ask(sign_in_as(other)).streaming_content))
    assert offline_verifier.main([str(tmp_path / "x.zip")]) == 1
    assert offline_verifier.main([str(tmp_path / "x.zip"), "--withheld"]) == 0
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        assert b"patientcontact" not in archive.read("audit-2026-09/events.jsonl")
    assert MonthExport.objects.get().withheld == 24


def test_contents_of_processes_follow_the_patients_they_name(auditor, patient, stranger) -> None:
    from tests.factories.people import PatientFactory

    foreign = PatientFactory.create(clinic=stranger.clinic)
    events = [
        AuditEvent(codes=[]),
        AuditEvent(codes=[patient.code]),
        AuditEvent(codes=[patient.code, foreign.code]),
        AuditEvent(codes=[], clinic=stranger.clinic_id),
        AuditEvent(codes=[foreign.code], clinic=auditor.clinic_id),
    ]
    shown = contents_for(auditor, events)
    assert [event.id in shown for event in events] == [True, True, False, False, True]


class TestPage:
    def test_months_to_choose_and_the_verifiers_sum(self, filled, auditor, sign_in_as) -> None:
        answer = sign_in_as(auditor).get(reverse("trail:months"))
        choices = [value for value, _label in answer.context["form"].fields["month"].choices]
        assert choices == ["2026-10", "2026-09", "2026-08"]
        assert exporting.verifier_sha256() in answer.content.decode()

    def test_nothing_sealed_yet(self, auditor, sign_in_as) -> None:
        answer = sign_in_as(auditor).get(reverse("trail:months"))
        assert list(answer.context["form"].fields["month"].choices) == []

    def test_the_list_asks_again_while_one_leaves(self, filled, auditor, sign_in_as) -> None:
        client, headers = sign_in_as(auditor), {"HX-Request": "true"}
        pieces = month_exports.start(viewer=auditor, month="2026-09", reason=WHY)
        next(pieces)
        text = client.get(reverse("trail:months"), headers=headers).content.decode()
        assert text.lstrip().startswith("<div")
        assert "every 2s" in text
        list(pieces)
        text = client.get(reverse("trail:months"), headers=headers).content.decode()
        assert "every 2s" not in text

    def test_a_reason_is_needed(self, filled, auditor, sign_in_as) -> None:
        answer = ask(sign_in_as(auditor), reason="short")
        assert answer.status_code == 422
        assert answer.context["form"].errors
        assert booked("audit.month_exported") == []

    def test_an_unsealed_month_is_refused(self, filled, auditor, sign_in_as) -> None:
        with acting_as(READER):
            assert AuditSeal.objects.exists()
        assert ask(sign_in_as(auditor), month="2026-01").status_code == 422

    def test_a_month_that_holds_nothing(self, filled, auditor, sign_in_as, monkeypatch) -> None:
        monkeypatch.setattr("crm.trail.forms.months", lambda: ["2026-07"])
        answer = ask(sign_in_as(auditor), month="2026-07")
        assert answer.status_code == 422
        assert not MonthExport.objects.exists()

    def test_those_who_only_review_see_and_print_but_do_not_export(
        self, filled, clinic, auditor, sign_in_as
    ) -> None:
        list(month_exports.start(viewer=auditor, month="2026-09", reason=WHY))
        client = sign_in_as(UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC))
        assert ask(client).status_code == 403
        page = client.get(reverse("trail:months"))
        assert reverse("trail:month-export") not in page.content.decode()
        row = MonthExport.objects.get()
        assert client.get(reverse("trail:sheet", args=[row.pk])).status_code == 200


class TestSheet:
    def test_what_is_signed_is_what_the_verifier_takes(
        self, filled, auditor, sign_in_as, tmp_path
    ) -> None:
        client = sign_in_as(auditor)
        (tmp_path / "x.zip").write_bytes(b"".join(ask(client).streaming_content))
        row = MonthExport.objects.get()
        text = client.get(reverse("trail:sheet", args=[row.pk])).content.decode()
        typed, head = " ".join(row.manifest_groups), " ".join(row.head_groups)
        assert typed in text
        assert head in text
        asked = [str(tmp_path / "x.zip"), "--digest", typed, "--head", head]
        assert offline_verifier.main(asked) == 0
        (printed,) = booked("audit.sheet_printed")
        assert (printed.kind, printed.target) == ("print", "month:2026-09")

    def test_a_month_that_ran_says_so(self, filled, auditor, sign_in_as) -> None:
        list(month_exports.start(viewer=auditor, month="2026-10", reason=WHY))
        row = MonthExport.objects.get()
        assert not row.complete
        assert str(row) == "2026-10 done"
        assert sign_in_as(auditor).get(reverse("trail:sheet", args=[row.pk])).status_code == 200

    def test_another_clinics_sheet_is_not_there(
        self, filled, auditor, stranger, sign_in_as
    ) -> None:
        list(month_exports.start(viewer=auditor, month="2026-09", reason=WHY))
        other = UserFactory.create(clinic=stranger.clinic, role=Role.AUDITOR)
        address = reverse("trail:sheet", args=[MonthExport.objects.get().pk])
        assert sign_in_as(other).get(address).status_code == 404
        assert booked("audit.sheet_printed") == []
