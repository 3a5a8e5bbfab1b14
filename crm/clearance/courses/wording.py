"""Round three: boundaries of a talk; honest wording, no promises (S17, S36-S39, S66, U1-U17)."""

from typing import Final

from crm.clearance.courses.boundaries import BOUNDARIES
from crm.clearance.courses.said import Course, Question, Said

COURSE: Final = Course(
    "wording",
    (
        Said(
            "开场先告知谈话保密，一次只问一个问题。姓名和电话九十天内合计最多问三次，说过不愿意就休止。",
            "The talk begins with the notice, and asks one thing at a time. Name and phone: three "
            "times within 90 days, and a no rests.",
        ),
        Said(
            "只用机构的联系方式，不用私人账号，不收礼。出现轻生等危险信号，先救人。",
            "The clinic's own channels only, no private accounts, no gifts. Where a life is in "
            "danger everything else stops.",
        ),
        Said(
            "不承诺疗效。“保证”“一定能”“包成功”一个字都不说。",
            "No result is promised: no “guaranteed”, “surely”, “success assured”.",
        ),
        Said(
            "不确定就说不确定，不下结论，请患者面诊。线上建议代替不了检查。",
            "What is uncertain is called uncertain; no conclusion, come and be examined. Online "
            "advice replaces no examination.",
        ),
        Said(
            "成功率要有出处、人群和时间，并同时讲风险；没有依据的数字不说。",
            "A success rate has a source, a group and a period, and comes with the risks; "
            "numbers without grounds are not said.",
        ),
        Said(
            "不制造恐惧，不催促。真实的风险告知要由医生按模板讲清楚。",
            "No fear is planted, nobody is pressed. True risks are explained by clinicians from "
            "approved templates.",
        ),
        Said(
            "不冒充医生，不包装医生，不贬低别的医院，不用病例、锦旗、感谢信当证据。",
            "Nobody poses as a doctor or dresses one up; other hospitals are not run down; cases, "
            "banners and letters are no proof.",
        ),
        Said(
            "每个术语都用大白话解释一遍。每次咨询都要有去向：面诊、急诊、自行观察或无法判断。",
            "Every term is explained in plain words. Every talk ends with a disposition: visit, "
            "emergency, self-care or unknown.",
        ),
    ),
    (
        Question(
            "guarantee",
            Said(
                "患者问：“在你们这里做，能保证成功吗？”怎么回答？",
                "“If I do it here, is success guaranteed?” What do you answer?",
            ),
            (
                Said(
                    "没有人能保证。结果因人而异，医生检查后会讲清可能性和风险。",
                    "Nobody can guarantee it. It differs from person to person; after examining "
                    "you the doctor explains chances and risks.",
                ),
                Said("基本没问题，您放心。", "Practically yes, do not worry."),
                Said("按疗程做完就能成功。", "If you complete the course, yes."),
                Said("我们的成功率是全市最高的。", "Our success rate is the highest in town."),
            ),
            Said("不作疗效承诺，也不作比较。", "No promise of effect, and no comparison."),
        ),
        Question(
            "fear",
            Said("下面哪句话属于制造恐惧？", "Which sentence plants fear?"),
            (
                Said(
                    "“再拖下去就来不及了，今天不来以后别后悔。”",
                    "“Wait any longer and it is too late. Do not regret it later.”",
                ),
                Said(
                    "“是否需要处理，要检查后才能判断。”",
                    "“Whether anything is needed can be told after an examination.”",
                ),
                Said(
                    "“促排可能引起卵巢过度刺激，医生会当面说明。”",
                    "“Stimulation can overstimulate the ovaries; the doctor explains it to you.”",
                ),
                Said(
                    "“如果出现剧烈腹痛，请马上去急诊。”",
                    "“If you have severe pain, go to an emergency room at once.”",
                ),
            ),
            Said(
                "真实、具体、有依据的风险告知不是恐吓；含糊的威胁才是。",
                "A true and specific risk is information; a vague threat is fear.",
            ),
        ),
        Question(
            "who-are-you",
            Said(
                "患者问：“您是医生吗？”你是咨询师。怎么回答？",
                "“Are you a doctor?” You are a consultant. What do you answer?",
            ),
            (
                Said(
                    "“我是咨询师，不能诊断。诊断请面诊医生。”",
                    "“I am a consultant and cannot diagnose. A doctor will, in person.”",
                ),
                Said("“我是医生助理，您可以放心问。”", "“A doctor's assistant, ask me anything.”"),
                Said("“我在这里做了十年，经验很丰富。”", "“I have ten years of experience.”"),
                Said("“是的，您说。”", "“Yes, go on.”"),
            ),
            Said("冒充或暗示是医生都不行。", "Neither pose as a doctor nor hint at it."),
        ),
        Question(
            "other-hospital",
            Said(
                "患者说外院报价更低。怎么说合适？",
                "The patient says another hospital is cheaper. What do you say?",
            ),
            (
                Said(
                    "讲清本院费用的构成和不包含的部分，请患者自己比较。",
                    "Explain what our fees are made of and do not include, and leave the "
                    "comparison to the patient.",
                ),
                Said("提醒对方便宜没好货。", "Warn that cheap is never good."),
                Said("说那家医院效果不好。", "Say that their results are poor."),
                Said("先报一个更低的价，来了再说。", "Quote less now and explain later."),
            ),
            Said(
                "不贬低同行，不低报再加价。",
                "No running down of others, no low quote to be raised.",
            ),
        ),
        Question(
            "uncertain",
            Said(
                "患者描述的症状你拿不准。怎么处理？",
                "You are not sure about the symptoms described. What do you do?",
            ),
            (
                Said(
                    "说明线上无法判断，建议面诊，去向记为“面诊”。",
                    "Say that it cannot be judged online, advise a visit, and record that.",
                ),
                Said("说“可能没什么大事”。", "Say that it is probably nothing."),
                Said("给一个大概的诊断，让患者安心。", "Give a rough diagnosis to reassure."),
                Said("换个话题。", "Change the subject."),
            ),
            Said("不下结论，说清楚，引导面诊。", "No conclusion, say so, and lead to a visit."),
        ),
        Question(
            "proof",
            Said(
                "哪样可以作为疗效的依据告诉患者？",
                "What may be told to a patient as ground for a chance of success?",
            ),
            (
                Said(
                    "有出处、人群和时间的统计，并同时说明风险",
                    "A statistic with source, group and period, together with the risks",
                ),
                Said("上个月的成功案例", "Last month's success story"),
                Said("患者送的锦旗和感谢信", "Banners and letters of thanks"),
                Said("同事说的“大约八成”", "“About eighty per cent”, says a colleague"),
            ),
            Said(
                "个案不是证据，无出处的数字不说。", "A case is no proof; no number without source."
            ),
        ),
        Question(
            "optional",
            Said(
                "某个项目可做可不做。介绍时应当怎么说？",
                "An item is optional. How is it presented?",
            ),
            (
                Said(
                    "明确说“非必需”，讲清好处和不做的影响，由患者决定。",
                    "Call it “not necessary”, explain benefit and what happens without, and let "
                    "the patient decide.",
                ),
                Said("说大家都做。", "Say that everybody takes it."),
                Said("放进套餐，不单独提。", "Put it into the package and do not mention it."),
                Said("先做，有疑问再解释。", "Do it, and explain if asked."),
            ),
            Said(
                "可选项要标明，不诱导消费。", "Optional items are marked; no spending is induced."
            ),
        ),
        Question(
            "not-willing",
            Said(
                "患者说想先在当地医院治疗。你怎么做？",
                "A patient wants to be treated near home first. What do you do?",
            ),
            (
                Said(
                    "尊重决定，照样把问题答完，不再劝说。",
                    "Respect it, answer the questions all the same, and do not persuade.",
                ),
                Said("继续劝，直到约上。", "Keep persuading until there is a booking."),
                Said("标记为低价值，不再回复。", "Mark as of low value and stop answering."),
                Said("说明在当地会耽误病情。", "Say that it would do harm to stay there."),
            ),
            Said(
                "不把不想治、能就近治的人变成患者，也不因此冷落。",
                "Nobody unwilling is turned into a patient, and nobody is neglected for it.",
            ),
        ),
        *BOUNDARIES,
    ),
)
