"""More questions of round three: where a talk ends (S17, S18, S37, R8, U10)."""

from typing import Final

from crm.clearance.courses.said import Question, asked

BOUNDARIES: Final[tuple[Question, ...]] = (
    asked(
        "opening-words",
        (
            "网上咨询一开始，除了问好还要说什么？",
            "An online talk begins. What is said besides a greeting?",
        ),
        (
            "谈话保密，请不要多留不必要的个人信息",
            "That it is confidential, and that she need not tell more than is needed",
        ),
        (
            "请先留下姓名和电话，断线后好继续联系",
            "That name and phone come first, in case the line breaks",
        ),
        ("本院的成功率和优惠活动", "The success rate and present offers"),
        ("请把以往病历全部发过来", "That she should send all earlier records"),
        why=(
            "保密告知在先，并提醒患者不必多说；记录会保存告知的版本。",
            "The notice comes first and advises against oversharing; its edition is kept.",
        ),
    ),
    asked(
        "one-at-a-time",
        (
            "需要了解症状、病史和用药。怎么问？",
            "You need symptoms, history and medicines. How do you ask?",
        ),
        ("一次一个问题，等她答完再问下一个", "One question at a time, waiting for the answer"),
        ("一条消息列出全部问题", "All of them in one message"),
        ("先问隐私多的，趁她还在线", "The most private first, while she is there"),
        ("发一张表格，请她方便时一次填完再聊", "By a form that she fills in before you go on"),
        why=(
            "连问几个会让人有被盘问的感觉；只有问姓名电话时可以多带一个。",
            "Several at once feel like an interrogation; only name and phone may come together.",
        ),
    ),
    asked(
        "no-remembered",
        (
            "患者上周在谈话里说过不留电话，今天又来咨询。你可以再问电话吗？",
            "Last week the patient would not leave a phone. She writes again today. May you ask?",
        ),
        (
            "不可以，九十天内不再问，除非她自己提起",
            "No: not within 90 days, unless she brings it up herself",
        ),
        ("可以，这是新的一次谈话", "Yes, it is a new talk"),
        (
            "可以，这是新的谈话，问之前先说明用途",
            "Yes, it is a new talk, if the purpose is told first",
        ),
        ("可以，改成问微信号", "Yes, for her messenger account instead"),
        why=(
            "拒绝会跨谈话保留，休止到期后只能再问一次。",
            "A no outlasts the talk; after its rest there is one more question.",
        ),
    ),
    asked(
        "private-contact",
        (
            "患者问能不能加你的私人微信，“随时好问”。怎么回答？",
            "A patient asks for your private account, “to ask at any time”. What do you say?",
        ),
        (
            "说明不用私人账号，并告诉她正式的联系途径和时间",
            "That private accounts are not used, and which ways and hours there are",
        ),
        (
            "加上，只在上班时间回复，聊天记录定期删除",
            "Yes, answering in working hours and deleting the chat now and then",
        ),
        ("给一个家里的号码", "You give your number at home"),
        ("让她加同事的", "She may add a colleague"),
        why=(
            "只用机构的账号；“方便”不是理由，拒绝时要给出别的办法。",
            "The clinic's accounts only; convenience is no reason, and a no offers another way.",
        ),
    ),
    asked(
        "gift",
        (
            "患者寄来一盒点心，感谢你的耐心解答。怎么处理？",
            "A patient sends a box of sweets to thank you. What do you do?",
        ),
        ("谢绝并上报，服务照旧", "Decline and report it; nothing changes in her care"),
        ("收下，价值不高", "Keep it: it is worth little"),
        ("收下后优先安排她", "Keep it and put her first"),
        ("分给同事就不算收礼", "Share it, then it is no gift"),
        why=(
            "不收礼，也不因此改变任何人的顺序。",
            "No gifts, and nobody's turn changes for one.",
        ),
    ),
    asked(
        "self-harm",
        (
            "谈话中患者说“不想活了”。接下来做什么？",
            "“I do not want to live”, the patient writes. What now?",
        ),
        (
            "停止其他步骤，给出急救电话，马上叫值班上级",
            "Stop everything else, give the emergency number, call the senior on duty",
        ),
        (
            "先安慰几句，等她平静后再约最近的面诊时间",
            "Comfort her, and once she is calm book the next visit",
        ),
        ("告诉她治好病就不会这样想", "Tell her that treatment will change that"),
        ("记下来，明天回访", "Note it and call tomorrow"),
        why=(
            "安全第一；这时不谈项目和费用。",
            "Safety first; no treatment or fee is talked about now.",
        ),
    ),
    asked(
        "too-much-told",
        (
            "患者主动讲起丈夫的工作单位和家里的矛盾。你怎么记录？",
            "A patient tells of her husband's employer and quarrels at home. What is recorded?",
        ),
        (
            "与诊疗无关的不记，温和地回到她的问题",
            "Nothing that care does not need; you lead back gently to her question",
        ),
        ("全部记下，也许以后有用", "All of it: it may be of use"),
        (
            "记下单位和家庭情况，方便同事了解她",
            "The employer and the family, so that colleagues know her",
        ),
        ("追问细节再判断", "You ask for details and decide then"),
        why=(
            "最小必要也适用于对方主动说的内容。",
            "Least data holds for what is told unasked, too.",
        ),
    ),
    asked(
        "hard-question",
        (
            "患者追问一种治疗的失败率，你不知道确切数字。怎么办？",
            "A patient insists on the failure rate of a treatment, which you do not know. You:",
        ),
        (
            "直说不知道，问医生后答复，或请她面诊时问",
            "say so, ask a doctor and come back, or suggest asking at the visit",
        ),
        ("换个话题，聊聊她的顾虑", "change to her worries"),
        ("反问她为什么担心这个", "ask back why she worries about that"),
        (
            "说一个大概的数字，并注明仅供参考，以面诊为准",
            "give a rough figure, for orientation only",
        ),
        why=(
            "难题不回避、不反问、不编数字。",
            "A hard question is neither dodged, nor turned round, nor answered by a guess.",
        ),
    ),
)
