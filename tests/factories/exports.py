"""Exports made up for tests; rows go through the services wherever they can."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from crm.exports.services import asking
from crm.exports.services.building import build_next
from crm.staff.models import User
from privacy.access.policy import Role
from privacy.exports import rules
from privacy.exports.models import Export
from privacy.exports.services import deciding
from privacy.exports.services.deciding import Order
from tests.factories.people import UserFactory

REASON = "季度质量评审需要核对"
WHY = "本院质控小组成员，按职责查看"
WHY_NOT = "目的不清楚，请补充说明"


def order(recipient: User, **changes: Any) -> Order:
    """Codes, status and stage of all patients, for a colleague."""
    given: dict[str, Any] = {
        "dataset": "patients",
        "fields": ("code", "status", "stage"),
        "identifying": False,
        "since": None,
        "until": None,
        "stage": "",
        "purpose": "quality",
        "reason": REASON,
        "recipient_kind": "inside",
        "recipient": recipient,
        "recipient_name": "",
        "recipient_why": WHY,
    }
    return Order(**{**given, **changes})


def asked(requester: User, **changes: Any) -> Export:
    """An export that waits, for its requester's own use unless ``recipient`` says otherwise."""
    return asking.ask(order=order(changes.pop("recipient", requester), **changes), actor=requester)


def side(requester: User, role: Role) -> User:
    """Somebody of that side in the requester's clinic."""
    return UserFactory.create(clinic=requester.clinic, role=role)


def approved(requester: User, **changes: Any) -> Export:
    """An export that all its sides agreed to."""
    export = asked(requester, **changes)
    for role in export.sides:
        export = deciding.approve(export=export, actor=side(requester, Role(role)))
    return export


def built(requester: User, **changes: Any) -> Export:
    """An export whose file waits for its download."""
    export = approved(requester, **changes)
    assert build_next()
    export.refresh_from_db()
    return export


def asked_row(requester: User, *, rows: int = 3, **changes: Any) -> Export:
    """A row as if it had been asked for, of so many rows, whether there are patients or not."""
    now = changes.pop("asked_at", None) or timezone.now()
    sides = rules.sides_for(requester.role, over_cap=False) or ()
    return Export.objects.create(
        code=rules.new_export_code(), clinic=requester.clinic_id, requester=requester,
        requester_side=requester.role, purpose="quality", reason=REASON, dataset="patients",
        fields=["code"], identifying=False, recipient_kind="inside", recipient=requester,
        recipient_why=WHY, rows=rows, sides=sorted(sides), asked_at=now,
        decide_until=now + timedelta(days=7), **changes,
    )  # fmt: skip
