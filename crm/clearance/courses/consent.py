"""Round four: consent and fees, the boundaries of contact (S17, S64-S70, S74-S76)."""

from typing import Final

from crm.clearance.courses.fees import FEES
from crm.clearance.courses.said import Course, Question, Said

COURSE: Final = Course(
    "consent",
    (
        Said(
            "先有同意，再有联系。每个用途单独问，什么都不预先勾选。",
            "Consent first, contact second. Each purpose is asked alone, nothing is pre-ticked.",
        ),
        Said(
            "拒绝和同意一样容易。拒绝不影响诊疗，也不反复问。",
            "Refusing is as easy as agreeing. It never affects care, and is not asked over again.",
        ),
        Said(
            "患者随时可以暂停或停止，当场生效，不需要理由。",
            "Patients may pause or stop at any time, at once and without a reason.",
        ),
        Said(
            "姓名和电话一次谈话最多问三次，被拒绝就停止。",
            "Name and phone are asked three times a talk at most; a refusal ends it.",
        ),
        Said(
            "首诊给出全程预估：分项、单位、范围、医保说明，可选项标“非必需”。",
            "The first visit gives a full-course estimate: items, units, ranges, insurance notes, "
            "optional ones marked “not necessary”.",
        ),
        Said(
            "加费提前 24 小时书面告知原因和金额，患者确认后才能做。拒绝加费不影响急救。",
            "Extra cost is told in writing 24 hours ahead with reason and amount, and done only "
            "after the patient confirms. Refusing never blocks emergency care.",
        ),
    ),
    (
        Question(
            "withdrawn",
            Said(
                "患者昨天撤回了随访同意，今天的回访电话还在清单上。你怎么做？",
                "A patient withdrew consent to follow-up yesterday; today's call is still on your "
                "list. What do you do?",
            ),
            (
                Said("不打，任务作罢。", "Do not call; the task is void."),
                Said("打最后一次说明情况。", "Call a last time to explain."),
                Said("改用私人手机打。", "Call from a private phone."),
                Said("发条短信代替。", "Send a text instead."),
            ),
            Said("撤回从提交那一刻起生效。", "A withdrawal binds from its very moment."),
        ),
        Question(
            "bundle",
            Said(
                "请患者同意随访和推广消息，正确的做法是：",
                "How do you ask for follow-up and for news of the clinic?",
            ),
            (
                Said("两项分开问，都不预先勾选。", "Separately, with nothing ticked beforehand."),
                Said("一次签字，包括两项。", "One signature for both."),
                Said("默认同意，可以取消。", "As agreed by default; it can be cancelled."),
                Said("不同意推广就不安排随访。", "No follow-up without news."),
            ),
            Said("每个用途单独同意，不捆绑。", "Each purpose alone, never bundled."),
        ),
        Question(
            "refusal",
            Said(
                "患者拒绝了全部可选同意。接下来：",
                "A patient refuses everything optional. What follows?",
            ),
            (
                Said("照常挂号、就诊、收费。", "Booking, visit and billing go on as usual."),
                Said("不能建档。", "No record can be opened."),
                Said("请主管再劝一次。", "A supervisor persuades once more."),
                Said("每次来都再问一遍。", "It is asked again at every visit."),
            ),
            Said("拒绝可选用途不影响诊疗。", "Refusing what is optional never affects care."),
        ),
        Question(
            "three-times",
            Said(
                "一次网上咨询里，最多可以问几次姓名和电话？",
                "How often may name and phone be asked for in one online talk?",
            ),
            (
                Said("三次，拒绝后就停止", "Three times, and never after a refusal"),
                Said("问到为止", "Until they are given"),
                Said("一次也不能问", "Not even once"),
                Said("每换一个话题问一次", "Once with each new subject"),
            ),
            Said("最多三次；明确拒绝就不再问。", "Three at most; a clear no ends it."),
        ),
        Question(
            "extra-cost",
            Said(
                "治疗中需要增加一项收费。什么时候可以做？",
                "A treatment needs an extra paid item. When may it be done?",
            ),
            (
                Said(
                    "书面告知原因和金额满 24 小时，并且患者已确认",
                    "24 hours after a written notice with reason and amount, and once the "
                    "patient has confirmed",
                ),
                Said("医生认为需要就可以做", "As soon as the doctor thinks it is needed"),
                Said("做完当天补签", "At once, signed the same day afterwards"),
                Said("口头同意后马上做", "At once after a spoken yes"),
            ),
            Said(
                "24 小时加本人确认，缺一不可；临床紧急时由患者本人书面放弃等候。",
                "24 hours and the patient's own yes, both; in urgency the patient may waive the "
                "wait in writing.",
            ),
        ),
        Question(
            "other-answers",
            Said(
                "随访电话接通，接电话的不是患者本人。你怎么说？",
                "Somebody else answers a follow-up call. What do you say?",
            ),
            (
                Said(
                    "只说“健康管理中心”，稍后再打，不说来意。",
                    "Only “Health Management Centre”, that you will call again, and not why.",
                ),
                Said("请他转告复查时间。", "Ask them to pass on the date of the check."),
                Said("先问他和患者什么关系，再说。", "Ask how they are related, then tell."),
                Said("说明是哪家医院、哪个科室。", "Name the clinic and the department."),
            ),
            Said(
                "问候语中性，内容只对本人说。",
                "The greeting is neutral; the rest is for the patient.",
            ),
        ),
        Question(
            "estimate",
            Said(
                "患者问“全部做下来要多少钱”。应当：",
                "“What will it cost altogether?” You:",
            ),
            (
                Said(
                    "给出全程预估：分项和范围，标明非必需项，说明可能的并发症费用。",
                    "give a full-course estimate: items and ranges, optional ones marked, with "
                    "what complications may cost.",
                ),
                Said("先报最低的一项。", "quote the lowest item first."),
                Said("说来了再谈。", "say that it is discussed at the visit."),
                Said("只报套餐总价。", "give the price of the package alone."),
            ),
            Said(
                "价格公开，构成讲清，不留后手。",
                "Prices are open, explained, and hold nothing back.",
            ),
        ),
        Question(
            "understanding",
            Said(
                "签知情同意书之前，怎样确认患者真的明白？",
                "Before an informed consent is signed, how do you know it was understood?",
            ),
            (
                Said(
                    "请患者用自己的话说一遍风险和替代方案。",
                    "The patient tells the risks and alternatives in their own words.",
                ),
                Said("问一句“都明白了吧”。", "You ask “all clear?”."),
                Said("签字就代表明白。", "The signature says so."),
                Said("让家属代为确认。", "A relative confirms it."),
            ),
            Said("复述核对，再签字。", "Teach-back first, signature second."),
        ),
        *FEES,
    ),
)
