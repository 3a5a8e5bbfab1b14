"""What the database computes of sealed events: yes only where Python would say yes."""

from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from crm.staff.models import User
from privacy.audit import services as audit
from privacy.audit.context import Origin, acting_from
from privacy.audit.events import AuditTrailEvent
from privacy.audit.models import READER, AuditCheckpoint, AuditEvent, acting_as
from privacy.audit.sealing import seal_once
from privacy.audit.summing import FACTS, runs, sums
from privacy.audit.verification import verify
from tests.privacy.audit.tampering import tamper

pytestmark = pytest.mark.django_db(transaction=True)

EVERYDAY: list[dict[str, Any]] = [
    {},
    {"n": 1},
    {"before": "new", "after": "follow_up"},
    {"说明": "值，“引号”", "z": None, "aa": -5, "b": True},
    {"text": 'quote " back \\ slash / tab \t line \n bell \x07 del \x7f'},
    {"emoji": "🔒 ﷽ \u2028", "": "no key"},
    {"list": [1], "none": [], "map": {}},
]
LOOKED_AT_AGAIN: list[dict[str, Any]] = [
    {"list": [1, 2]},
    {"map": {"a": 1, "b": {"c": "d"}}},
    {"decomposed": "e\u0301"},
]


def write(actor: User, detail: dict[str, Any], reason: str = "") -> None:
    with transaction.atomic():
        audit.record(AuditTrailEvent.VIEWED, actor=actor, detail=detail, reason=reason)


def sound() -> bool:
    with acting_as(READER):
        return all(one.sound for one in sums(1, 10_000).values())


@pytest.mark.parametrize("detail", EVERYDAY)
def test_what_is_written_every_day_is_proved_at_once(carer: User, detail: dict[str, Any]) -> None:
    write(carer, detail, reason='交接班：换人接诊 "a" \\ \r\n')
    assert seal_once().events == 1
    assert sound()
    assert verify().whole


@pytest.mark.parametrize("detail", LOOKED_AT_AGAIN)
def test_a_form_that_sql_does_not_spell_is_looked_at_again(
    carer: User, detail: dict[str, Any]
) -> None:
    write(carer, detail)
    seal_once()
    assert not sound()
    assert verify().whole


@pytest.mark.parametrize("ip", ["10.0.3.17", "2001:db8::7", "::ffff:10.0.3.17"])
def test_addresses_hold(carer: User, ip: str) -> None:
    with acting_from(Origin(ip=ip)):
        write(carer, {})
    seal_once()
    assert verify().whole


def test_no_fact_is_left_out() -> None:
    assert list(FACTS) == sorted(AuditEvent(at=timezone.now(), codes=[], fields=[]).facts())


CHANGES = {
    "action": "'trail.other'", "actor": "gen_random_uuid()", "agent": "'x'",
    "at": "at + interval '1 microsecond'", "clinic": "NULL", "codes": "'{AAAAAAAA}'",
    "count": "count + 1", "detail": "'{\"n\": 2}'", "fields": "'{a.b}'",
    "id": "gen_random_uuid()", "ip": "'10.9.9.9'", "kind": "'change'", "outcome": "'denied'",
    "process": "'x', actor = NULL", "purpose": "'x'", "reason": "'x'",
    "request": "gen_random_uuid()", "role": "'x'", "session": "'\\x01'",
    "target": "'x'", "v": "schema + 1",
}  # fmt: skip


@pytest.mark.parametrize("fact", sorted(FACTS))
def test_every_fact_that_was_changed_is_seen(carer: User, fact: str) -> None:
    write(carer, {"n": 1})
    seal_once()
    assert sound()
    column = {"v": "schema"}.get(fact, fact)
    tamper(f"UPDATE privacy_auditevent SET {column} = {CHANGES[fact]}")
    assert not sound()
    assert not verify().whole


@pytest.mark.parametrize("detail", ["[]", "null", "7", '"n"', "{}", '{"n": 1.0}', '{"n": "1"}'])
def test_a_detail_of_another_kind_is_seen_and_breaks_nothing(carer: User, detail: str) -> None:
    write(carer, {"n": 1})
    seal_once()
    tamper(f"UPDATE privacy_auditevent SET detail = '{detail}'")
    assert not sound()
    assert verify().first_bad.code == "edited"


def test_a_forged_mac_is_seen_though_the_sum_is_sound(carer: User) -> None:
    write(carer, {"n": 1})
    seal_once()
    tamper(
        "UPDATE privacy_auditevent SET mac = sha256('x')",
        "UPDATE privacy_auditseal SET leaf = (SELECT sha256('\\x00'::bytea || uuid_send(event.id)"
        " || event.digest || event.mac) FROM privacy_auditevent AS event)",
    )
    assert sound()
    assert "edited" in {one.code for one in verify().findings}


def test_where_nothing_is_sealed_there_is_no_sum(carer: User) -> None:
    write(carer, {})
    seal_once()
    with acting_as(READER):
        assert sums(10**12, 10**12 + 9) == {}


def test_a_run_has_neighbours_up_to_so_many_events() -> None:
    counts = [1, 9_999, 10_000, 1, 50_000, 3]
    found = [[one.count for one in run] for run in runs([AuditCheckpoint(count=n) for n in counts])]
    assert found == [[1, 9_999, 10_000], [1], [50_000], [3]]
    assert list(runs([])) == []
