"""More questions of round four: consent in follow-up, fees after the estimate (S66-S68, S74)."""

from typing import Final

from crm.clearance.courses.said import Question, asked

FEES: Final[tuple[Question, ...]] = (
    asked(
        "pause",
        (
            "患者说“这个月先别打电话了”。怎么处理？",
            "“Please do not call this month”, says a patient. What do you do?",
        ),
        ("当场暂停到她说的日子，不问原因", "Pause it at once until that day, without asking why"),
        ("请她写一份书面申请，批准后再停", "Ask for it in writing, and pause once it is approved"),
        ("打完这轮回访再暂停", "Pause it after this round of calls"),
        ("改成发短信", "Send texts instead"),
        why=(
            "暂停和停止当场生效，不需要理由。",
            "Pausing and stopping bind at once and need no reason.",
        ),
    ),
    asked(
        "recording",
        (
            "随访电话要录音。什么时候告诉患者？",
            "A follow-up call is to be recorded. When is the patient told?",
        ),
        ("开始录音之前，不同意就不录", "Before it starts; without a yes nothing is recorded"),
        ("通话结束时说一声", "At the end of the call"),
        ("入院时签过字，不用再说", "Not at all: she signed once"),
        ("只有要当证据时才说", "Only if it is to be evidence"),
        why=(
            "录音是单独的用途，要单独同意。",
            "Recording is a purpose of its own and asked for alone.",
        ),
    ),
    asked(
        "call-content",
        (
            "术后随访电话里可以问什么？",
            "What may be asked in a follow-up call after treatment?",
        ),
        ("方案里列出的、和恢复有关的问题", "What the plan lists about recovery"),
        ("夫妻关系和家人对治疗的态度怎么样", "How her husband and family feel about the treatment"),
        ("有没有朋友想来就诊", "Whether friends would like to come"),
        ("对别家医院的看法", "What she thinks of other hospitals"),
        why=(
            "随访只问疗效，不问私事，也不做推广。",
            "Follow-up is about the effect of care: no private matters, no selling.",
        ),
    ),
    asked(
        "three-calls-unanswered",
        (
            "同一位患者三次电话都没有接。下一步？",
            "Three calls to a patient went unanswered. What next?",
        ),
        (
            "停止拨打；允许时发一条中性短信，必要时转给医生",
            "No more calls; one neutral text if allowed, a task for the doctor if it matters",
        ),
        ("换一个号码继续打", "Call on from another number"),
        (
            "打给家人问她是否方便，不说来意，请转告回电",
            "Call her family, without saying why, to ask for a call back",
        ),
        ("每天一次直到接通", "Once a day until she answers"),
        why=(
            "三次未接就停，不打扰生活安宁。",
            "Three times is the end: people are left in peace.",
        ),
    ),
    asked(
        "price-changed",
        (
            "患者上月接受了费用预估，本月价目表涨价。按哪个价收？",
            "An estimate was accepted last month; prices rose this month. What is charged?",
        ),
        ("按她接受的那一版预估", "What the accepted version says"),
        ("按新价目表", "The new price"),
        ("各承担一半差价", "Half of the difference"),
        ("看她是否发现", "Whatever she does not notice"),
        why=(
            "接受的预估保留当时的价格版本。",
            "An accepted estimate keeps its price version.",
        ),
    ),
    asked(
        "urgent-extra",
        (
            "临床紧急，必须马上做一项加费检查。什么可以免去 24 小时等候？",
            "An urgent extra examination is needed. What may replace the wait of 24 hours?",
        ),
        (
            "患者或其代表本人书面放弃等候，事后由质控逐一核查",
            "The patient's own written waiver, each of which quality control reviews",
        ),
        (
            "医生在病历里写明紧急理由，科主任当天审核签字",
            "The doctor's note of why, signed by the head the same day",
        ),
        ("财务主管批准", "The approval of the head of finance"),
        ("事后三天内补签", "A signature within three days"),
        why=(
            "只有患者自己能放弃；拒绝加费不影响急救。",
            "Only the patient can waive it, and refusing never blocks emergency care.",
        ),
    ),
    asked(
        "complaint-open",
        (
            "患者正在投诉，随访计划里今天有她的电话。打不打？",
            "A patient has a complaint open, and her follow-up call is due today. Do you call?",
        ),
        ("不打，计划暂停，只由投诉负责人联系", "No: the plan pauses, only the case's owner calls"),
        ("打，先就投诉的事道歉，再问恢复情况", "Yes, with an apology first, then how she is"),
        ("打，但不提投诉", "Yes, without mentioning it"),
        ("请另一位同事打", "A colleague does"),
        why=(
            "投诉期间只有负责人与患者联系。",
            "While a complaint is open one person alone is in contact.",
        ),
    ),
    asked(
        "refused-everything-texts",
        (
            "患者拒绝了推广消息。就诊时给她的服务有什么不同？",
            "A patient refused news of the clinic. What is different at her visit?",
        ),
        ("没有任何不同", "Nothing at all"),
        ("不再享受套餐价格", "No package prices for her"),
        ("排在同意的患者后面", "She comes after those who agreed"),
        ("医生会再说明一次好处", "The doctor explains the benefits once more"),
        why=(
            "不能因为拒绝可选用途而差别对待。",
            "Nobody is treated differently for refusing what is optional.",
        ),
    ),
)
