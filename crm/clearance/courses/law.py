"""More questions of round one: what the law asks (PIPL 14-17, 23, 31, 44-47, 57)."""

from typing import Final

from crm.clearance.courses.said import Question, asked

LAW: Final[tuple[Question, ...]] = (
    asked(
        "notice",
        (
            "第一次收集患者信息之前，必须告诉她什么？",
            "What does a patient have to be told before anything is taken down?",
        ),
        ("谁来用、为什么、用多久、她有哪些权利", "Who uses it, why, how long, and her rights"),
        (
            "会严格保密，其余细节等她成为患者再逐项说明",
            "That all is confidential; the details follow once she is a patient",
        ),
        ("把隐私政策放在网站上就够了", "Nothing, if the policy stands on the website"),
        ("她问到什么就说什么", "Whatever she asks about, and no more"),
        why=(
            "告知在收集之前，讲清目的、方式、种类、期限和权利。",
            "Notice comes first: purpose, manner, kinds, period and rights.",
        ),
    ),
    asked(
        "new-purpose",
        (
            "患者留电话是为了复查提醒。现在想请她参加满意度调查，能直接用这个号码吗？",
            "A phone was left for reminders. May it now be used for a satisfaction survey?",
        ),
        ("不能，新目的要另外取得同意", "No, a new purpose needs a consent of its own"),
        ("可以，都是为了改进服务", "Yes, it all serves better care"),
        ("可以，只要不谈病情", "Yes, as long as no illness is mentioned"),
        ("可以，发一次看她是否退订", "Yes, once, to see whether she opts out"),
        why=(
            "目的变了，原来的同意就不再管用。",
            "When the purpose changes, the old consent no longer holds.",
        ),
    ),
    asked(
        "third-party",
        (
            "合作的检验公司希望拿到患者名单，自己发送优惠信息。怎么办？",
            "A partner laboratory wants the list of patients to send its own offers. What now?",
        ),
        (
            "没有写明该公司名称的单独同意，不给",
            "Nothing leaves without a separate consent that names that company",
        ),
        (
            "与该公司签保密协议并限定用途后再提供",
            "Hand it over under an agreement that limits the use",
        ),
        ("只给姓名和电话，不给病历", "Hand over names and phones, no records"),
        ("公司领导批准就可以提供", "Hand it over once the management agrees"),
        why=(
            "向其他处理者提供，要告知接收方并取得单独同意。",
            "Giving to another controller needs a notice that names it, and a separate consent.",
        ),
    ),
    asked(
        "copy-wanted",
        (
            "患者要一份自己的病历复制件。下面哪种做法符合规定？",
            "A patient wants a copy of her own record. Which way is right?",
        ),
        (
            "核对身份，登记申请，最迟 30 天内答复",
            "Check who she is, log the request, answer within 30 days at most",
        ),
        ("让她说明用途再决定给不给", "Ask what it is for and decide then"),
        (
            "先请她写明用途并承诺不追究，再由主管决定",
            "Ask for the purpose and a waiver; the manager then decides",
        ),
        ("告诉她病历属于医院，不外借", "Tell her that records belong to the clinic"),
        why=(
            "查阅、复制是患者的权利；拒绝要写明理由。",
            "Seeing and copying are her rights; a refusal has to give its reason.",
        ),
    ),
    asked(
        "delete-wanted",
        (
            "患者要求删除全部资料，而门诊病历还在法定保存期内。怎么处理？",
            "A patient wants everything deleted; the record must by law still be kept. What now?",
        ),
        (
            "能删的现在删，病历改为受限，只存放不使用",
            "Delete what may go now; restrict the record: kept, guarded, not used",
        ),
        ("全部删除，这是她的权利", "Delete all of it: that is her right"),
        (
            "全部照常保留和使用，保存期满后一次删除",
            "Keep and use all of it, and delete it when the period is over",
        ),
        ("把她的姓名改成化名就行", "Change her name in the record"),
        why=(
            "保存期内停止除存储和保护以外的处理，并告诉患者留下了什么、为什么。",
            "Within the period all but storage stops, and she is told what stays and why.",
        ),
    ),
    asked(
        "under-fourteen",
        (
            "十三岁的患者独自来咨询，愿意留下信息。可以登记吗？",
            "A thirteen-year-old comes alone and is willing to give her data. May you register it?",
        ),
        (
            "先取得监护人同意，并适用专门的未成年人规则",
            "Only with a guardian's consent, under the separate rules for children",
        ),
        ("本人同意就可以", "Yes, she agrees herself"),
        ("不写出生年份就可以", "Yes, if the year of birth is left out"),
        ("本人愿意就先登记，一个月内补监护人的签字", "Yes, if the guardian signs within a month"),
        why=(
            "不满十四岁的一切个人信息都是敏感信息，由监护人同意。",
            "All data of children under 14 is sensitive, and a guardian consents.",
        ),
    ),
    asked(
        "leak-seen",
        (
            "你发现一张写有患者姓名的清单可能被拍照传了出去。先做什么？",
            "A list with patients' names may have been photographed and passed on. What first?",
        ),
        (
            "马上报告，由安全管理员立案并开始计时",
            "Report it at once; the security administrator opens an incident and its clock",
        ),
        (
            "先查清是谁拍的、发给了谁，再写成报告",
            "Find out who did it and who got it, then write a report",
        ),
        ("请对方删除，删了就不用报", "Ask for deletion; then no report is needed"),
        ("等到周会上一起说", "Raise it at the weekly meeting"),
        why=(
            "内部判断只有一小时，向主管部门报告以小时计算。",
            "There is one hour to judge it inside, and hours to report it outside.",
        ),
    ),
    asked(
        "favour-list",
        (
            "离职同事请你发一份“老患者名单”，说只有几十个人。这是什么性质？",
            "A former colleague asks for a list of “old patients”, a few dozen only. What is that?",
        ),
        (
            "非法提供个人信息，人数少也违法，数量大可构成犯罪",
            "Unlawful disclosure, however few; with enough records it is a crime",
        ),
        ("人数少，属于同事之间帮忙", "A favour between colleagues, as it is few"),
        (
            "名单是他以前照护的患者，他本来就知道，可以给",
            "No more than he knew: they were his patients once",
        ),
        ("不含病情就不算泄露", "No leak, as long as no illness is in it"),
        why=(
            "“在这里看过病”本身就是健康信息；工作中获得的，入罪标准减半。",
            "To have been here is health data; for who got it at work the threshold is halved.",
        ),
    ),
)
