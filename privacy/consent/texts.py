"""The first version of what patients are asked, word for word.

Plain and honest: what happens, what for, for how long, how to stop, and that care does not
depend on it (PIPL 14-17; S74). A change of meaning is a new version, never an edit (R5, R6): add
a row with the next number and leave the old ones alone, the ledger points at them.
"""

from collections.abc import Mapping
from typing import Final

from privacy.consent.models import Purpose

# The version from which on a purpose's words mean something else: another use, another way, other
# data. What was agreed to before it is over (R6); mere wording has a new version and no line here.
MATERIAL_FROM: Final[Mapping[Purpose, int]] = {}

CHINESE, ENGLISH = "zh-hans", "en"

_STOP_ZH: Final = (
    "您可以随时暂停或停止：告诉任何一位工作人员即可，当场生效，不需要理由。"
    "不同意或以后停止，都不影响您在本院的诊疗。"
)
_STOP_EN: Final = (
    "You can pause or stop this at any time by telling any member of staff; it takes effect at "
    "once and needs no reason. Refusing or stopping later does not affect your care here."
)

# Each row: purpose, language, version, body.
TEXTS: Final[tuple[tuple[Purpose, str, int, str], ...]] = (
    (
        Purpose.FOLLOW_UP,
        CHINESE,
        1,
        "就诊之后，我们想按医生定的计划联系您：提醒复查，了解恢复情况。"
        "我们只用到您的手机号和复查日期；消息以“健康管理中心”的名义发出，"
        "不写姓名、科室、病情和药名，电话通过虚拟号码拨出。"
        "同意从今天起有效，到随访计划结束为止；联系记录保存三年。" + _STOP_ZH,
    ),
    (
        Purpose.FOLLOW_UP,
        ENGLISH,
        1,
        "After your visit we would like to contact you as your doctor planned: to remind you of "
        "checks and to ask how you are recovering. We use only your phone number and the dates of "
        "your checks. Messages come from the “Health Management Centre” and name neither you, nor "
        "a department, an illness or a drug; calls come from a virtual number. Your consent is "
        "valid from today until the follow-up plan ends; records of contact are kept for three "
        "years. " + _STOP_EN,
    ),
    (
        Purpose.SATISFACTION,
        CHINESE,
        1,
        "每次就诊之后，我们想发一条短信，请您评价接待和服务，最多一次。"
        "回答自愿；您的评价只用来改进服务，统计时不带姓名，经治人员看不到是谁写的。"
        "同意从今天起一年内有效。" + _STOP_ZH,
    ),
    (
        Purpose.SATISFACTION,
        ENGLISH,
        1,
        "After a visit we would like to send one text message, once at most, asking how you were "
        "received and served. Answering is voluntary. Your rating is used only to improve the "
        "service, is counted without names, and those who treated you do not see who wrote it. "
        "Your consent is valid for one year from today. " + _STOP_EN,
    ),
    (
        Purpose.EDUCATION,
        CHINESE,
        1,
        "我们想不定期给您发一些健康知识，例如饮食、作息和心理方面的建议，每月不超过两条。"
        "内容由医生审核，不含药品、项目和价格，也不根据您的病情挑选。"
        "同意从今天起一年内有效。" + _STOP_ZH,
    ),
    (
        Purpose.EDUCATION,
        ENGLISH,
        1,
        "From time to time we would like to send you health advice, for example on food, sleep "
        "and mood, two messages a month at most. A doctor checks it; it advertises no drug, "
        "treatment or price and is not chosen by your illness. Your consent is valid for one year "
        "from today. " + _STOP_EN,
    ),
    (
        Purpose.MARKETING,
        CHINESE,
        1,
        "我们想给您发送本院的消息，例如开诊时间、新设服务和活动。这属于推广，与您的治疗无关，"
        "每月不超过两条。我们不会用您的病情来挑选内容，也不会把您的号码交给别人。"
        "同意从今天起一年内有效。" + _STOP_ZH,
    ),
    (
        Purpose.MARKETING,
        ENGLISH,
        1,
        "We would like to send you news of the clinic, such as opening hours, new services and "
        "events. This is promotion and has nothing to do with your treatment; two messages a "
        "month at most. We do not choose what we send by your illness and give your number to "
        "nobody. Your consent is valid for one year from today. " + _STOP_EN,
    ),
    (
        Purpose.RESEARCH,
        CHINESE,
        1,
        "我们想把您的诊疗资料去掉姓名、电话、证件号和日期之后，用于本院的医学研究和教学。"
        "研究人员看不到您是谁，结果只以多人汇总的形式发表；我们不会为此联系您。"
        "同意从今天起有效；您撤回之后，不再使用您的资料开展新的研究，已经汇总的结果无法收回。"
        + _STOP_ZH,
    ),
    (
        Purpose.RESEARCH,
        ENGLISH,
        1,
        "We would like to use your medical data for research and teaching in this clinic, with "
        "your name, phone, ID number and dates removed. Researchers do not see who you are, and "
        "results are published only for groups of people; nobody will contact you about it. Your "
        "consent is valid from today; once you withdraw it your data goes into no new study, "
        "while results already counted together cannot be taken back. " + _STOP_EN,
    ),
    (
        Purpose.RECORDING,
        CHINESE,
        1,
        "通话时我们想录音，用来核对答应过您的事和检查服务质量。"
        "录音前会再告诉您一次；录音加密保存，只有质量控制人员凭理由才能听，满六个月删除。"
        "不同意录音，电话照常接听。" + _STOP_ZH,
    ),
    (
        Purpose.RECORDING,
        ENGLISH,
        1,
        "We would like to record phone calls, to check what was promised to you and how you were "
        "served. You are told again before a recording starts. Recordings are stored encrypted, "
        "only quality control may listen and must give a reason, and they are deleted after six "
        "months. If you do not agree we speak with you all the same. " + _STOP_EN,
    ),
)
