"""Exports: a reason, a cap, safe cells, and two events that frame what left."""

import csv
import io
from hashlib import sha256

import pytest
from django.urls import reverse

from crm.trail import services
from privacy.access.policy import Role
from privacy.audit.models import READER, AuditEvent, acting_as
from tests.factories.people import UserFactory
from tests.factories.sessions import age_factor

pytestmark = pytest.mark.django_db
WHY = "季度合规审计留档"


def booked(action: str) -> list[AuditEvent]:
    with acting_as(READER):
        return list(AuditEvent.objects.filter(action=action))


def test_the_filtered_events_leave_with_two_events(auditor, history, sign_in_as) -> None:
    client = sign_in_as(auditor)
    answer = client.post(reverse("trail:export") + "?kind=denial", {"reason": WHY + "一二三"})

    body = b"".join(answer.streaming_content)
    assert answer["Content-Type"].startswith("text/csv")
    lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert [line[4] for line in lines[1:]] == [lines[1][4]] * 2
    assert lines[0][0] == "at"
    (start,), (end,) = booked("audit.exported"), booked("audit.export_ended")
    assert (start.reason, start.detail["kind"]) == (WHY + "一二三", "denial")
    assert end.target == f"event:{start.pk}"
    assert end.detail == {"rows": 2, "sha256": sha256(body).hexdigest()}
    assert end.outcome == "ok"
    assert (end.ip, end.request) == (start.ip, start.request)


@pytest.mark.parametrize("door", ["trail:export", "trail:month-export"])
def test_nothing_leaves_without_a_fresh_factor(auditor, history, sign_in_as, door) -> None:
    client = sign_in_as(auditor)
    age_factor(client, minutes=31)
    answer = client.post(reverse(door), {"reason": WHY, "month": "2026-09"})

    assert answer.status_code == 422
    assert f'name="reason" value="{WHY}"' in answer.content.decode()
    assert not booked("audit.exported")
    assert not booked("audit.month_exported")


def test_a_download_broken_off_is_booked_as_such(auditor, history) -> None:
    from crm.trail.selectors import narrowed
    from privacy.audit.selectors import Filter

    pieces = services.export(viewer=auditor, wanted=narrowed(auditor, Filter()), reason=WHY)
    next(pieces)
    pieces.close()
    (end,) = booked("audit.export_ended")
    assert (end.outcome, end.detail["rows"]) == ("failed", 0)


def test_a_reason_is_needed(auditor, history, sign_in_as) -> None:
    answer = sign_in_as(auditor).post(reverse("trail:export"), {"reason": "short"})
    assert answer.status_code == 422
    assert answer.context["export_form"].errors
    assert booked("audit.exported") == []


def test_above_the_cap_nothing_leaves(auditor, history, sign_in_as, monkeypatch) -> None:
    monkeypatch.setattr(services, "MOST_ROWS", 4)
    answer = sign_in_as(auditor).post(reverse("trail:export"), {"reason": WHY + "一二三"})
    assert answer.status_code == 422
    assert booked("audit.exported") == []


def test_a_wrong_filter_exports_nothing(auditor, history, sign_in_as) -> None:
    answer = sign_in_as(auditor).post(reverse("trail:export") + "?ip=x", {"reason": WHY * 2})
    assert answer.status_code == 422


def test_those_who_only_review_cannot_export(clinic, history, sign_in_as) -> None:
    reviewer = UserFactory.create(clinic=clinic, role=Role.MEDICAL_QC)
    client = sign_in_as(reviewer)
    assert client.post(reverse("trail:export"), {"reason": WHY * 2}).status_code == 403
    assert b'id="export"' not in client.get(reverse("trail:list")).content
