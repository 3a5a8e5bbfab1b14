"""Asking to see colleagues' patients: one request waits, one was approved, one was refused."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.utils import timezone

from crm.access_requests.models import AccessRequest
from crm.access_requests.services import asking, deciding
from crm.patients.models import Patient
from crm.staff.models import User

Purpose = AccessRequest.Purpose


def ask_around(patients: Sequence[Patient], *, staff: Mapping[str, User]) -> None:
    """A nurse looks by the doctor's word and mediation by the consultant's, a consultant is told
    no, another one still waits."""
    in_three_days = timezone.localdate() + timedelta(days=3)

    def ask(number: int, who: str, purpose: Purpose, reason: str) -> AccessRequest:
        (made,) = asking.ask(
            actor=staff[who],
            codes=[patients[number].code],
            purpose=purpose,
            reason=reason,
            until=in_three_days,
        )
        return made

    seen = ask(9, "hs001", Purpose.COVER, "本周代门诊护士值班，需要核对检查前的准备")
    deciding.approve(request=seen, actor=staff["ys001"], until=in_three_days)
    refused = ask(4, "zx001", Purpose.HANDOVER, "下周可能轮岗，想先了解这位患者的情况")
    deciding.refuse(
        request=refused, actor=staff["zx002"], reason="轮岗还没有确定，确定后再申请即可"
    )
    settled = ask(13, "tj001", Purpose.OTHER, "患者对估价说明有疑问，调解前需要核对费用与同意记录")
    deciding.approve(request=settled, actor=staff["zx001"], until=in_three_days)
    ask(1, "zx002", Purpose.CONFERENCE, "周四病例讨论要汇报，需要看近期的咨询记录")
