"""What may stand in a reason that is kept for ever."""

import pytest

from privacy.errors import DomainError
from privacy.minimisation.reasons import has_numbers, people_in, refuse_numbers

# What staff write all day: nothing of it may be stopped.
EVERYDAY = [
    "家属来电询问",
    "患者家属来电询问检查结果，需要核对身份",
    "患者来电自述剧烈腹痛、头晕，需要立刻核对近期用药和过敏史",
    "备注列不是抽查所必需，请写明理由后重新申请",
    "查看明文用于核对发票抬头",
    "自由文本中没有发现问题",
    "与王主任讨论治疗方案",
    "按李医生要求联系患者改期",
    "张护士长安排的代班",
    "编码 ABCD-EFG 的患者来电",
    "案件编号2026-1107，按公函办理",
    "工单 20261122001，系统升级",
    "2026年11月22日14:30发现日志异常",
    "血压180/110，需要马上处理",
    "HCG 12000，电话通知复查",
    "年度审计，等保测评要求提供日志",
    "离职，最后工作日为十一月三十日",
    "未见急诊依据，患者当时未到诊所",
    "双方会签周审计，抽取本周全部破窗记录",
    "可能收到冒名来电，请勿转账",
    "患者反馈短信没有收到，核对手机尾号",
    "更正出生年份，患者出示了证件",
    "Patient fainted in the waiting room, checking allergies",
]


@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_reasons_pass(text: str) -> None:
    refuse_numbers(text)
    assert people_in(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "电话 138 1234 5678 打不通",
        "电话 138\u200b12345678 打不通",
        "电话 138\x0712345678 打不通",
        "身份证110101199003078515核对",
        "微信号 wxid_abc123 联系",
        "联系 zhang@example.com",
    ],
)
def test_numbers_and_accounts_are_refused(text: str) -> None:
    assert has_numbers(text)
    with pytest.raises(DomainError):
        refuse_numbers(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("张伟的家属来电询问", ["张伟"]),
        ("陈先生来电，询问妻子用药", ["陈先生"]),
        ("她住在朝阳区建国路88号5号楼302室", ["朝阳区建国路88号5号楼302室"]),
    ],
)
def test_names_and_addresses_are_pointed_out(text: str, words: list[str]) -> None:
    assert people_in(text) == words
    assert not has_numbers(text)
