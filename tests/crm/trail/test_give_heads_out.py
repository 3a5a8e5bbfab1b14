"""Heads of the trail for others: mailed, time-stamped, compared; each of them an event."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from crm.alerts.rules import Facts, sign_of
from crm.embedded.processes import free_ports
from crm.trail import head_copies
from crm.trail.models import HeadCopy
from crm.trail.time_stamps import NotStamped
from privacy.audit.anchors import typed
from privacy.audit.sealing import seal_once
from privacy.audit.selectors import newest_head
from tests.time_stamp_authority import Authority, time_stamp_authority

pytestmark = pytest.mark.django_db(transaction=True)
TO = ["qc@clinic.example", "owner@clinic.example"]


@pytest.fixture
def sealed(history) -> str:
    """A trail with a head; the head as it is mailed."""
    seal_once()
    head = newest_head()
    assert head is not None
    return f"{head.number}: {head.chain}"


class Mailbox(Message):
    """Keeps what a mail server was given."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list = []

    def handle_message(self, message) -> None:
        self.mails.append(message)


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    """A real mail server on this machine."""
    box = Mailbox()
    (port,) = free_ports(1)
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.AUDIT_HEAD_MAIL_TO = TO
    yield box
    server.stop()


@pytest.fixture
def authority(settings, tmp_path: Path) -> Iterator[Authority]:
    with time_stamp_authority() as one:
        root = tmp_path / "root.pem"
        root.write_bytes(one.root_pem)
        settings.AUDIT_TSA_URL, settings.AUDIT_TSA_ROOT_FILE = one.url, str(root)
        yield one


class TestByMail:
    def test_each_keeper_gets_the_head_once_a_day(self, sealed, mailbox, events) -> None:
        row = head_copies.mail_head()
        assert head_copies.mail_head() is None
        assert sorted(mail["To"] for mail in mailbox.mails) == sorted(TO)
        for mail in mailbox.mails:
            text = mail.get_payload(decode=True).decode()
            assert sealed in text
            assert typed(sealed) is not None
        assert (row.kind, row.recipients, row.number) == ("mail", 2, int(sealed.partition(":")[0]))
        booked = events("audit.head_mailed")[-1]
        assert (booked.outcome, booked.detail["recipients"]) == ("ok", 2)

    def test_nobody_is_mailed_unless_it_is_set_up(self, sealed, settings) -> None:
        settings.AUDIT_HEAD_MAIL_TO = []
        assert head_copies.mail_head() is None

    def test_an_empty_trail_has_nothing_to_mail(self, mailbox, db) -> None:
        assert head_copies.mail_head() is None
        assert mailbox.mails == []

    def test_a_mail_server_that_is_away_is_told_and_tried_again(
        self, sealed, mailbox, settings, events
    ) -> None:
        port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
        with pytest.raises(ConnectionRefusedError):
            head_copies.mail_head()
        assert events("audit.head_mailed")[-1].outcome == "failed"
        assert not HeadCopy.objects.exists()
        settings.EMAIL_PORT = port
        assert head_copies.mail_head() is not None


class TestByTimeStamp:
    def test_the_authority_vouches_for_the_anchors_line(self, sealed, authority, events) -> None:
        row = head_copies.stamp_head()
        assert row.at == authority.at
        assert row.authority == "127.0.0.1"
        assert f"{row.number}: {row.chain}" == sealed
        assert events("audit.head_stamped")[-1].outcome == "ok"
        assert head_copies.stamp_head() is None
        assert len(authority.asked) == 1

    def test_it_learns_a_digest_and_nothing_else(self, sealed, authority) -> None:
        head_copies.stamp_head()
        assert sealed.partition(": ")[2].encode() not in authority.asked[0]
        assert len(authority.asked[0]) < 100

    @pytest.mark.parametrize("fault", ["refuses", "other_data", "other_nonce", "html", "down"])
    def test_an_answer_that_proves_nothing_is_not_kept(
        self, sealed, authority, events, fault: str
    ) -> None:
        authority.fault = fault
        with pytest.raises(NotStamped):
            head_copies.stamp_head()
        assert not HeadCopy.objects.exists()
        assert events("audit.head_stamped")[-1].outcome == "failed"

    def test_another_authoritys_root_vouches_for_nothing(self, sealed, authority, settings) -> None:
        with time_stamp_authority() as other:
            Path(settings.AUDIT_TSA_ROOT_FILE).write_bytes(other.root_pem)
        with pytest.raises(NotStamped):
            head_copies.stamp_head()

    def test_an_authority_out_of_reach(self, sealed, authority, settings) -> None:
        settings.AUDIT_TSA_URL = "http://127.0.0.1:1/"
        with pytest.raises(NotStamped, match="ConnectError"):
            head_copies.stamp_head()

    @pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on this machine")
    def test_openssl_agrees(self, sealed, authority, tmp_path, sign_in_as, auditor) -> None:
        row = head_copies.stamp_head()
        answer = sign_in_as(auditor).get(reverse("trail:token", args=[row.pk]))
        (tmp_path / "head.json").write_text(str(row.anchor))
        (tmp_path / "head.tsr").write_bytes(answer.content)
        command = ["openssl", "ts", "-verify", "-data", "head.json", "-in", "head.tsr"]
        command += ["-CAfile", "root.pem"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        assert b"Verification: OK" in ran.stdout + ran.stderr


class TestComparing:
    def test_a_kept_head_agrees_in_any_spelling(self, sealed, sign_in_as, auditor, events) -> None:
        number, _, chain = sealed.partition(": ")
        client = sign_in_as(auditor)
        grouped = " ".join(chain[at : at + 8] for at in range(0, 64, 8))
        for text in (sealed, f"{number}：{chain.upper()}", f" {number}:\n{grouped} "):
            page = client.post(reverse("trail:compare"), {"head": text})
            assert page.status_code == 200
            assert page.context["agrees"]
        assert events("audit.head_compared")[-1].outcome == "ok"

    @pytest.mark.parametrize("number", [0, 1000])
    def test_a_rewritten_or_cut_trail_is_an_alert(
        self, sealed, sign_in_as, auditor, events, number: int
    ) -> None:
        text = f"{int(sealed.partition(':')[0]) + number}: {'ab' * 32}"
        page = sign_in_as(auditor).post(reverse("trail:compare"), {"head": text})
        assert not page.context["agrees"]
        assert page.context["beyond"] is bool(number)
        event = events("audit.head_compared")[-1]
        assert event.outcome == "failed"
        facts = Facts(event.action, event.outcome, event.target, event.fields, event.actor)
        assert sign_of(facts) is not None

    @pytest.mark.parametrize("text", ["", "26", "26: abc", "x: " + "ab" * 32, "26: " + "ab" * 33])
    def test_what_is_no_head_is_said_and_kept(self, sealed, sign_in_as, auditor, text) -> None:
        page = sign_in_as(auditor).post(reverse("trail:compare"), {"head": text})
        assert page.status_code == 422
        assert text in page.content.decode()

    def test_the_page_shows_who_has_what(self, sealed, mailbox, authority, sign_in_as, auditor):
        head_copies.mail_head()
        row = head_copies.stamp_head()
        page = sign_in_as(auditor).get(reverse("trail:heads")).content.decode()
        assert reverse("trail:token", args=[row.pk]) in page
        assert row.chain[:8] in page

    def test_a_mail_has_no_token_to_take(self, sealed, mailbox, sign_in_as, auditor) -> None:
        row = head_copies.mail_head()
        answer = sign_in_as(auditor).get(reverse("trail:token", args=[row.pk]))
        assert answer.status_code == 404

    def test_the_command_compares_too(self, sealed, capsys) -> None:
        for head, code in ((sealed, 0), (f"1: {'ab' * 32}", 1), ("nonsense", 2)):
            with pytest.raises(SystemExit) as end:
                call_command("verify_audit", head=[head])
            assert end.value.code == code


def test_what_was_given_out_is_never_changed(sealed, mailbox, authority) -> None:
    head_copies.mail_head()
    for statement in ("UPDATE crm_headcopy SET number = 1", "DELETE FROM crm_headcopy"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_copy_says_who_has_it(sealed) -> None:
    head = newest_head()
    with pytest.raises(DatabaseError), transaction.atomic():
        HeadCopy.objects.create(
            kind="stamp",
            day=timezone.localdate(),
            number=head.number,
            last_seq=head.last_seq,
            chain=head.chain,
            at=timezone.now(),
        )
