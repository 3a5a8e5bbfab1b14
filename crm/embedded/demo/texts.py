"""What people of the demo clinic say and write. All of it invented for this purpose."""

from dataclasses import dataclass
from typing import Final

ROOMS: Final = ("诊室 1", "诊室 2", "咨询室", "超声室")
CLINIC_NAME: Final = "随安生殖健康门诊（演示）"
SITE_LABEL: Final = "江岸院区 · 一楼前台"

TRAINEE: Final = "zx003"  # has just begun: not cleared
LAPSING: Final = "hs001"  # whose licence runs out in a week
# (staff number, name, role): one account a role, and colleagues where a screen needs two.
STAFF: Final = (
    ("qt001", "陈静", "front_desk"),
    ("zx001", "林晓", "consultant"),
    ("zx002", "吴桐", "consultant"),
    (TRAINEE, "唐果", "consultant"),
    ("ys001", "许文", "doctor"),
    ("hs001", "何敏", "nurse"),
    ("sf001", "罗嘉", "followup_agent"),
    ("cw001", "周敏", "finance"),
    ("zk001", "沈岚", "medical_qc"),
    ("tj001", "方远", "mediation"),
    ("xt001", "郑维", "system_admin"),
    ("aq001", "孟川", "security_admin"),
    ("sj001", "叶青", "auditor"),
)

COMPLAINTS: Final = (
    "备孕一年半没有怀上，想了解从哪些检查开始",
    "月经周期不规律，想知道是否影响怀孕",
    "外院查 AMH 偏低，想听听下一步方案",
    "输卵管造影提示一侧不通，想了解后续选择",
    "之前胚胎停育两次，想做系统检查",
    "爱人精液报告有几项偏低，想一起咨询",
    "多囊卵巢，想了解促排的过程和风险",
    "内异症术后半年，想计划怀孕",
    "准备做一次孕前检查",
    "想了解冻卵的条件和费用",
    "移植前想弄清楚用药安排",
    "外地患者，想先线上了解就诊流程",
)


@dataclass(frozen=True)
class Talk:
    """One consultation: turns as (role, minute, text), and what came of it."""

    channel: str
    source: str
    need: str
    next_step: str
    note: str
    worries: tuple[str, ...]
    explained: tuple[str, ...]
    disposition: str
    turns: tuple[tuple[str, int, str], ...]


TALKS: Final = (
    Talk(
        channel="wecom",
        source="referral",
        need="clear",
        next_step="await_patient",
        note="患者当天下午四点前答复是否加药；费用疑问已告知可当面问财务。",
        worries=("fees", "treatment"),
        explained=("individual", "optional", "may_stop"),
        disposition="refer_to_visit",
        turns=(
            ("staff", 0, "您好，我是咨询顾问林晓。我们的谈话会保密，您不想说的可以不说。"),
            ("patient", 1, "你们昨天发的费用变更我看到了，为什么要多加两天药？"),
            (
                "staff",
                3,
                "复查看到卵泡发育偏慢，医生建议促排延长 2 天。明细里每一项都标了是不是必需。",
            ),
            ("patient", 5, "如果不加这两天，会怎么样？能不能先看看情况再定？"),
            (
                "staff",
                7,
                "可以。延长与否由您和医生一起决定，也可以本周期不加，周一复查后再定。"
                "加药后的效果因人而异。",
            ),
            ("patient", 11, "那我今天下午四点前答复，有问题能当面问财务吗？"),
            ("staff", 12, "可以。费用疑问随时当面解释，您不确认就不会执行。"),
        ),
    ),
    Talk(
        channel="website_chat",
        source="brand_search",
        need="clear",
        next_step="book_visit",
        note="希望周末上午，介意候诊叫名字；已说明只叫当天编号。",
        worries=("privacy", "schedule"),
        explained=("confidential", "individual"),
        disposition="refer_to_visit",
        turns=(
            ("staff", 0, "您好，这里是健康管理中心，请问有什么可以帮您？"),
            ("patient", 0, "我想先问问，第一次去要带什么？需要结婚证吗？"),
            (
                "staff",
                2,
                "初次咨询只需要告诉我们怎么称呼、怎么联系和想解决的问题，不需要证件原件。",
            ),
            ("patient", 3, "候诊会叫名字吗？我不想被熟人碰到。"),
            ("staff", 4, "不会。到院后只叫当天的编号，检查按时段分开安排。"),
            ("patient", 6, "好的，那我先约一个周末的时间。"),
        ),
    ),
    Talk(
        channel="wecom",
        source="topic_search",
        need="clear",
        next_step="book_visit",
        note="多囊，担心过度刺激。已说明风险和就医指征，方案由医生面谈。",
        worries=("risk", "treatment"),
        explained=("risks", "individual", "may_stop"),
        disposition="refer_to_visit",
        turns=(
            ("staff", 0, "您好，我是吴桐。先和您说明：线上只能给一般信息，不能代替当面检查。"),
            ("patient", 1, "我是多囊，听说促排会过度刺激，是真的吗？"),
            (
                "staff",
                3,
                "有这个可能。多囊的人发生卵巢过度刺激的机会比一般人高，所以用药量会小一些，"
                "监测会多几次。腹胀明显、尿少时要马上就诊。",
            ),
            ("patient", 5, "那有没有风险小一点的办法？"),
            ("staff", 7, "有几种方案可以选，医生看过检查结果后会把好处和风险都列给您。"),
        ),
    ),
    Talk(
        channel="message_board",
        source="event",
        need="unclear",
        next_step="no_contact",
        note="只想了解时间安排，就近检查即可，不需要再联系。",
        worries=("schedule",),
        explained=("individual",),
        disposition="self_care",
        turns=(
            ("patient", 0, "孕前检查一般要提前多久做？"),
            ("staff", 2, "一般提前三到六个月。您在家附近的医院也可以做，不一定要来我们这里。"),
            ("patient", 3, "明白了，谢谢。"),
            ("staff", 3, "不客气，祝您顺利。"),
        ),
    ),
    Talk(
        channel="phone",
        source="referral",
        need="clear",
        next_step="contact_again",
        note="已请其立即急诊，值班医生已知情。次日回访确认是否就诊。",
        worries=("risk",),
        explained=("risks",),
        disposition="emergency",
        turns=(
            ("patient", 0, "取卵后第二天，肚子胀得厉害，有点喘，正常吗？"),
            (
                "staff",
                1,
                "这种情况需要马上由医生看。请现在就到最近的医院急诊，我同时通知值班医生。",
            ),
            ("patient", 2, "好，我马上去。"),
            ("staff", 2, "路上不舒服加重请打 120。我会一直在线。"),
        ),
    ),
    Talk(
        channel="website_chat",
        source="brand_search",
        need="unclear",
        next_step="send_estimate",
        note="想先看四类费用的区间，非必需项目需要逐项标明。",
        worries=("fees",),
        explained=("optional", "may_stop"),
        disposition="unknown",
        turns=(
            ("patient", 0, "做一个周期大概要多少钱？"),
            (
                "staff",
                2,
                "费用分四类：基础诊疗、药品、手术和可能的并发症处理。每个人方案不同，"
                "要看过检查才能给您明细，先给您一个区间供参考。",
            ),
            ("patient", 4, "区间里哪些是一定要花的？"),
            ("staff", 5, "明细上会标明必需和非必需，非必需的您可以不选。"),
        ),
    ),
)

# A chat as WeCom exports it, with what the record must not keep: covered before it is stored.
PASTED_CHAT: Final = """{staff} {t0}
您好，我是咨询顾问{staff}。我们的谈话会保密，您不想说的可以不说。
青禾 {t1}
想问下冻卵要做哪些检查，大概分几次来
{staff} {t2}
一般是超声和激素化验，第一次来大约半天。线上只能给一般信息，具体要看检查结果。
青禾 {t3}
方便的话打我电话 13800138000，我下午都在
{staff} {t4}
好的。电话请您在登记时告诉前台，聊天里的号码我们会遮住，不保存。
"""
DRAFT_NOTE: Final = "等她确认哪天方便来做超声。"

ADDENDA: Final = (
    "更正：上文说的复查时间应为周一上午，已电话告知。",
    "补充：患者带来外院报告，已转交医生。",
)

# (title, numbers of PRICES with quantities): the protocols that estimates are drawn up for
COURSES: Final = (
    ("拮抗剂方案 · 首周期", ((0, 6), (1, 6), (2, 3), (4, 40), (6, 4), (8, 1), (9, 1), (11, 1))),
    ("微刺激方案 · 首周期", ((0, 5), (1, 5), (2, 2), (4, 18), (7, 2), (8, 1), (12, 1))),
    ("冻胚移植周期", ((0, 4), (1, 4), (2, 1), (6, 6), (9, 1), (10, 1))),
    ("孕前系统检查", ((0, 2), (1, 1), (2, 1), (3, 1))),
)
CHANGE_REASON: Final = "复查见卵泡发育偏慢，建议促排延长 2 天；不延长也可以，周一复查后再定。"

# (code, category, name, unit, price, insurance, optional, by occurrence)
PRICES: Final = (
    ("JC-01", "basic", "初诊与复诊", "次", "120.00", "partial", False, False),
    ("JC-02", "basic", "超声监测", "次", "320.00", "partial", False, False),
    ("JC-03", "basic", "激素六项等化验", "套", "1260.00", "partial", False, False),
    ("JC-04", "basic", "营养门诊", "次", "200.00", "none", True, False),
    ("YP-01", "medicine", "促排药 A（国产）", "支", "285.00", "none", False, False),
    ("YP-02", "medicine", "促排药 B（进口）", "支", "468.00", "none", True, False),
    ("YP-03", "medicine", "黄体支持用药", "盒", "280.00", "none", False, False),
    ("YP-04", "medicine", "营养补充剂", "盒", "400.00", "none", True, False),
    ("SS-01", "surgery", "取卵与麻醉", "次", "17000.00", "none", False, False),
    ("SS-02", "surgery", "胚胎移植", "次", "6800.00", "none", False, False),
    ("SS-03", "surgery", "胚胎冷冻保存（一年）", "年", "1500.00", "none", True, False),
    ("BF-01", "complication", "卵巢过度刺激观察（上限）", "例", "3000.00", "partial", False, True),
    ("BF-02", "complication", "穿刺引流（上限）", "例", "4200.00", "partial", False, True),
)
