"""Verifying from the console, the tasks behind it, and the readiness check."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone

from crm.alerts.models import Alert
from crm.alerts.watching import watch
from crm.celery import app
from crm.trail import readiness, selectors, services, tasks
from crm.trail.models import STUCK, VerificationRun
from privacy.audit.models import READER, AuditEvent, acting_as
from privacy.audit.row_changes import LATELY
from privacy.audit.sealing import seal_once
from privacy.audit.selectors import seal_status
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _anchor(settings, tmp_path) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")


def test_the_card_says_whole_and_by_whom(auditor, history, sign_in_as) -> None:
    tasks.seal()
    client = sign_in_as(auditor)

    answer = client.post(reverse("trail:verify"), follow=True)

    run = VerificationRun.objects.get()
    assert (run.state, run.whole, run.events, run.anchored) == ("done", True, 9, 1)
    assert run.requested_by == auditor
    assert auditor.display_name in answer.content.decode()
    status = seal_status()
    assert (status.events, status.anchor.number) == (9, 1)
    assert status.head.startswith(bytes(status.checkpoint.chain).hex()[:4])
    with acting_as(READER):
        event = AuditEvent.objects.get(action="audit.verified")
    assert (event.actor, event.outcome, event.detail["events"]) == (auditor.pk, "ok", 9)


def test_the_card_names_the_first_bad_event(auditor, history, sign_in_as) -> None:
    seal_once()
    tamper("UPDATE privacy_auditevent SET reason = 'x' WHERE id = "
           "(SELECT event_id FROM privacy_auditseal WHERE seq = 2)")  # fmt: skip
    client = sign_in_as(auditor)
    answer = client.post(reverse("trail:verify"), headers={"HX-Request": "true"})

    run = VerificationRun.objects.get()
    assert run.whole is False
    assert (run.first_bad["seq"], run.first_bad["code"]) == (2, "edited")
    body = answer.content.decode()
    assert run.first_bad["event"] in body
    assert client.get(reverse("trail:event", args=[run.first_bad["event"]])).status_code == 200


def test_a_long_trail_is_left_to_a_worker(auditor, history, sign_in_as, monkeypatch) -> None:
    monkeypatch.setattr(services, "AT_ONCE", 3)
    client = sign_in_as(auditor)
    client.post(reverse("trail:verify"))
    client.post(reverse("trail:verify"))  # a second click starts no second run

    run = VerificationRun.objects.get()
    assert run.state == "queued"
    assert "every 2s" in client.get(reverse("trail:seal")).content.decode()

    tasks.verify_queued()
    run.refresh_from_db()
    assert (run.state, run.whole) == ("done", True)
    assert "every 2s" not in client.get(reverse("trail:seal")).content.decode()


def test_a_run_whose_worker_died_does_not_block_the_next(auditor, monkeypatch) -> None:
    dead = VerificationRun.objects.create(requested_by=auditor)
    old = timezone.now() - STUCK - timedelta(minutes=1)
    VerificationRun.objects.filter(pk=dead.pk).update(state="running", created_at=old)
    assert services.ask_for_verification(actor=auditor).pk != dead.pk


def test_a_verification_that_breaks_is_shown_as_such(auditor, monkeypatch, sign_in_as) -> None:
    def broken(_since: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(services, "verify", broken)
    with pytest.raises(OSError, match="disk"):
        services.ask_for_verification(actor=auditor)
    run = VerificationRun.objects.get()
    assert (run.state, run.whole) == ("failed", None)
    assert str(run).startswith("failed")
    assert run.first_bad is None
    with acting_as(READER):
        event = AuditEvent.objects.get(action="audit.verified")
    assert (event.actor, event.outcome, event.detail) == (
        auditor.pk,
        "failed",
        {"error": "OSError"},
    )
    services.carry_out(run_id=run.pk)  # taken: nothing happens
    assert sign_in_as(auditor).get(reverse("trail:list")).status_code == 200


@pytest.mark.parametrize(
    "brought", [{"state": "done", "whole": True}, {"whole": True}, {"state": "running"}]
)
def test_a_verdict_is_not_brought_along(auditor, brought) -> None:
    """Of a row that comes in the second net asks nothing but its table."""
    if brought.get("whole"):
        brought |= {"finished_at": timezone.now()}
    with pytest.raises(IntegrityError, match="begins by being asked for"):
        VerificationRun.objects.create(requested_by=auditor, **brought)


class TestByNight:
    """Beat has the trail verified: what is newer than eight days, everything on Sundays."""

    @pytest.fixture
    def monday(self, time_machine) -> datetime:
        """The night after a Sunday, in clinic time, with one verification of everything behind."""
        time_machine.move_to(datetime(2026, 11, 22, 16, 0, tzinfo=UTC), tick=False)
        run = VerificationRun.objects.create()
        run.state, run.whole, run.finished_at = "done", True, timezone.now()
        run.save()
        time_machine.move_to(datetime(2026, 11, 22, 17, 40, tzinfo=UTC), tick=False)
        return timezone.now()

    def test_it_stands_in_beat(self) -> None:
        entry = app.conf.beat_schedule["verify the trail"]
        assert entry["task"] == tasks.verify_nightly.name

    def test_a_whole_one_is_booked_as_a_process(self, history, auditor, sign_in_as, booked) -> None:
        seal_once()
        tasks.verify_nightly()
        run = VerificationRun.objects.get()
        assert (run.requested_by, run.since, run.whole) == (None, None, True)
        (event,) = booked("audit.verified")
        assert (event.actor, event.process, event.outcome) == (None, "verify_nightly", "ok")
        page = sign_in_as(auditor).get(reverse("trail:seal"), headers={"accept-language": "en"})
        assert "Nightly verification" in page.content.decode()

    def test_what_was_sealed_lately_and_on_sundays_everything(
        self, monday, history, auditor, sign_in_as, time_machine, booked
    ) -> None:
        seal_once()
        tasks.verify_nightly()
        night = VerificationRun.objects.first()
        assert (night.since, night.whole, night.events) == (monday - LATELY, True, 9)
        assert booked("audit.verified")[0].detail["since"] == night.since.isoformat()
        # It says nothing of the whole trail, and takes nobody's place who did.
        assert selectors.last_run() != night
        VerificationRun.objects.filter(pk=night.pk).update(
            finished_at=monday + timedelta(minutes=1)
        )
        page = sign_in_as(auditor).get(reverse("trail:seal"), headers={"accept-language": "en"})
        assert "the last eight days are whole" in page.content.decode()
        time_machine.move_to(monday + timedelta(days=6))
        tasks.verify_nightly()
        assert VerificationRun.objects.first().since is None

    def test_the_nights_part_does_not_answer_who_demands_the_whole(
        self, monday, history, auditor
    ) -> None:
        seal_once()
        night = VerificationRun.objects.create(since=monday - LATELY)
        VerificationRun.objects.filter(pk=night.pk).update(state="running")
        run = services.ask_for_verification(actor=auditor)
        assert run != night
        assert (run.since, run.whole, run.requested_by) == (None, True, auditor)
        under_way = VerificationRun.objects.create()  # the Sunday's is of everything
        assert services.ask_for_verification(actor=auditor) == under_way

    def test_a_missed_sunday_is_made_good(self, monday, time_machine) -> None:
        time_machine.move_to(monday + timedelta(days=8))  # a Tuesday
        tasks.verify_nightly()
        assert VerificationRun.objects.first().since is None

    def test_what_is_not_whole_is_an_alert(self, history, clinic) -> None:
        seal_once()
        tamper("DELETE FROM privacy_auditevent WHERE id = "
               "(SELECT event_id FROM privacy_auditseal WHERE seq = 2)")  # fmt: skip
        tasks.verify_nightly()
        assert selectors.last_run().whole is False
        watch()
        assert Alert.objects.filter(kind=Alert.Kind.TRAIL).exists()

    def test_a_trail_that_cannot_be_verified_is_one_too(self, clinic, monkeypatch) -> None:
        monkeypatch.setattr(services, "verify", lambda _since: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            tasks.verify_nightly()
        watch()
        assert Alert.objects.filter(kind=Alert.Kind.TRAIL).exists()


def test_readiness_is_content_with_a_working_sealer(history) -> None:
    readiness.check()
    seal_once()
    readiness.check()


def test_readiness_fails_a_minute_after_the_oldest_event(carer, write) -> None:
    import time_machine

    with time_machine.travel(timezone.now() - timedelta(minutes=2), tick=False):
        write(carer)
    with pytest.raises(readiness.SealerLags):
        readiness.check()


def test_partitions_stand_ready() -> None:
    tasks.ensure_partitions()
    assert selectors.queued_runs() == []
