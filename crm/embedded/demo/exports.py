"""Files that leave: two wait for their sides, one was refused, one is approved and gets built."""

from collections.abc import Mapping
from typing import Any

from crm.exports.datasets import CODE
from crm.exports.services import asking
from crm.staff.models import User
from privacy.exports.models import Export
from privacy.exports.services import deciding
from privacy.exports.services.deciding import Order


def ask_for_some(*, staff: Mapping[str, User]) -> None:
    """Quality control's file is refused, the doctor's approved; the accountant's waits."""
    control, security = staff["zk001"], staff["aq001"]
    refused = _asked(
        control, "consultations", ("channel", "disposition", "note"), "quality",
        reason="抽查本月咨询记录的风险告知情况", why="质控小组内部使用，评审后销毁",
    )  # fmt: skip
    deciding.refuse(export=refused, actor=security, reason="备注列不是抽查所必需，请去掉后重新申请")
    built = _asked(
        staff["ys001"], "patients", ("status", "stage", "registered_on"), "quality",
        reason="季度回顾：统计各阶段在管患者人数", why="本人为主管医生，仅含编码，不含身份信息",
    )  # fmt: skip
    for side in (control, security):
        deciding.approve(export=built, actor=side)
    waiting = _asked(
        staff["cw001"], "estimates", ("number", "state", "low", "high"), "accounts",
        reason="与财务系统核对本季度费用预估", recipient=staff["cw001"],
        why="财务岗位职责，核对完成后销毁",
    )  # fmt: skip
    deciding.approve(export=waiting, actor=security)
    _asked(
        control, "patients", ("status", "sex", "birth_year"), "authority",
        reason="辖区卫健委要求报送去标识化服务量", recipient_kind="authority",
        recipient_name="辖区卫生健康委员会 医政科", why="依法报送统计数据，已收到书面通知",
    )  # fmt: skip


def _asked(
    requester: User, dataset: str, fields: tuple[str, ...], purpose: str, **facts: Any
) -> Export:
    inside = facts.get("recipient_kind", "inside") == "inside"
    order = Order(
        dataset=dataset,
        fields=(CODE, *fields),
        identifying=False,
        since=None,
        until=None,
        stage="",
        purpose=purpose,
        reason=facts["reason"],
        recipient_kind=facts.get("recipient_kind", "inside"),
        recipient=facts.get("recipient", requester) if inside else None,
        recipient_name=facts.get("recipient_name", ""),
        recipient_why=facts["why"],
    )
    return asking.ask(order=order, actor=requester)
