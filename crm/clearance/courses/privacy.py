"""Round one: privacy law and how the house keeps it (S3, S12-S15, S53-S59; PIPL)."""

from typing import Final

from crm.clearance.courses.law import LAW
from crm.clearance.courses.said import Course, Question, Said

COURSE: Final = Course(
    "privacy",
    (
        Said(
            "来就诊这件事本身就是秘密。不向任何人确认某人是不是患者，配偶和父母也不例外。",
            "That somebody comes here at all is secret. Nobody is told that a person is a "
            "patient, spouses and parents included.",
        ),
        Said(
            "健康信息、生殖信息和不满十四岁者的信息是敏感个人信息：要有具体目的、确有必要、单独同意。",
            "Health, reproduction and anything about children under 14 is sensitive: it needs a "
            "specific purpose, necessity and separate consent.",
        ),
        Said(
            "先告知，再收集；目的变了要重新同意。撤回和同意一样容易，拒绝可选用途不影响诊疗。",
            "Notice before collecting, a new consent for a new purpose. Withdrawing is as easy as "
            "agreeing, and refusing what is optional never affects care.",
        ),
        Said(
            "患者可以查阅、复制、更正、删除；最迟 30 天答复，拒绝写明理由。法定保存期内改为受限。",
            "Patients may see, copy, correct and delete: an answer within 30 days, a reason for "
            "every no. While the law keeps a record it is restricted.",
        ),
        Said(
            "首诊只问三件事：称呼、联系方式、主诉。其余都可以不填，“不愿说”也是答案。",
            "A first visit asks for three things: form of address, contact, chief complaint. The "
            "rest may stay empty, and “declined” is an answer.",
        ),
        Said(
            "默认看到的是编号和遮盖后的信息。查看明文要写原因，看完即合上，每次都有记录。",
            "What is shown is codes and masks. Plain text needs a reason, is closed after use, "
            "and every look is recorded.",
        ),
        Said(
            "叫号、小票、封面、外送单只用编号。离开座位先遮盖屏幕。",
            "Calls, slips, covers and outside orders use the code. Cover the screen when you "
            "leave your seat.",
        ),
        Said(
            "患者信息不进私人微信、相册、邮箱和笔记。出了差错当天报告。",
            "No patient's data in private messengers, photos, mail or notes. Mistakes are "
            "reported the same day.",
        ),
    ),
    (
        Question(
            "spouse-calls",
            Said(
                "一位先生来电，说妻子今天来复诊，想问几点结束。患者没有留过指定联系人。你怎么回答？",
                "A man calls: his wife is here today, when will she be done? The patient has "
                "named nobody who may be told. What do you say?",
            ),
            (
                Said(
                    "说明无法确认任何人是否在本院就诊，请他直接联系本人。",
                    "That you can confirm nobody as a patient, and that he may ask her himself.",
                ),
                Said("核对身份证号后告诉他时间。", "Compare an ID number, then tell him the time."),
                Said("告诉他今天没有这个人。", "That nobody of that name is here today."),
                Said("只说已经到了，不说科室。", "That she has arrived, without the department."),
            ),
            Said(
                "确认或否认都会泄密。没有患者的书面同意，对谁都一样回答。",
                "Confirming and denying both tell. Without the patient's written consent "
                "everybody gets the same answer.",
            ),
        ),
        Question(
            "first-visit",
            Said("首诊登记必须填哪些内容？", "What has to be filled in at a first visit?"),
            (
                Said("称呼、联系方式、主诉", "Form of address, contact, chief complaint"),
                Said("姓名、婚姻状况、联系方式", "Name, marital status, contact"),
                Said("姓名、身份证号、主诉", "Name, ID number, chief complaint"),
                Said("姓名、职业、联系方式、住址", "Name, occupation, contact, address"),
            ),
            Said(
                "最少必要：三项。婚姻状况可选，职业与就诊无关。",
                "As little as is needed: three. Marital status is optional; an occupation is no "
                "matter of the visit.",
            ),
        ),
        Question(
            "marital-status",
            Said(
                "患者在婚姻状况一栏犹豫，你应当怎么做？",
                "A patient hesitates at marital status. What do you do?",
            ),
            (
                Said(
                    "说明可以不填，记为“不愿说”，不再追问。",
                    "Say that it may stay empty, record “declined”, and do not ask again.",
                ),
                Said("说明不填就不能建档。", "Say that there is no record without it."),
                Said("先空着，下次再问。", "Leave it empty and ask next time."),
                Said("请她出示结婚证。", "Ask for the marriage certificate."),
            ),
            Said(
                "可选项要当面说明，“不愿说”就是完整的答案。",
                "Optional is said aloud, and “declined” is a complete answer.",
            ),
        ),
        Question(
            "curious",
            Said(
                "同事请你帮忙看看她表妹的检查结果出来没有。你不在照护团队里。你怎么做？",
                "A colleague asks you to look whether her cousin's results are there. You are "
                "not on the care team. What do you do?",
            ),
            (
                Said(
                    "不看，请表妹本人联系照护人员。",
                    "Do not look; the cousin may ask her own carers.",
                ),
                Said("只看有没有，不看内容。", "Look only whether they are there."),
                Said("让同事用你的账号自己看。", "Let the colleague look with your account."),
                Said(
                    "看了再写上原因“同事委托”。",
                    "Look, and give “asked by a colleague” as reason.",
                ),
            ),
            Said(
                "帮熟人打听不是工作需要。账号不外借，每次查看都记在你名下。",
                "A favour is not work. Accounts are not lent, and every look carries your name.",
            ),
        ),
        Question(
            "calling",
            Said("请候诊患者进诊室，正确的做法是：", "How is a waiting patient called in?"),
            (
                Said("叫当日号，例如 B-012", "By today's number, such as B-012"),
                Said("叫全名", "By the full name"),
                Said("叫姓名和科室", "By name and department"),
                Said("叫姓氏和就诊项目", "By surname and treatment"),
            ),
            Said(
                "公共区域只用编号；进了诊室再称姓氏。",
                "In public areas only the code; surnames are for the room.",
            ),
        ),
        Question(
            "wechat-report",
            Said(
                "患者想让你把报告拍照发到她的微信，说这样方便。你怎么做？",
                "A patient asks you to photograph her report and send it by WeChat. What do you "
                "do?",
            ),
            (
                Said(
                    "说明不能用私人微信，提供门诊的正式途径。",
                    "Say that private WeChat is not used here, and offer the clinic's own ways.",
                ),
                Said("她本人要求的，可以发。", "Send it: she has asked for it herself."),
                Said("遮住姓名后发送。", "Cover the name and send it."),
                Said("发了以后双方都删除。", "Send it, and both delete it afterwards."),
            ),
            Said(
                "私人渠道一经发送就收不回来，也查不到去向。",
                "What went out by a private channel can neither be called back nor traced.",
            ),
        ),
        Question(
            "sensitive",
            Said(
                "下面哪一项是敏感个人信息，需要单独同意？",
                "Which of these is sensitive personal data that needs separate consent?",
            ),
            (
                Said("激素检查结果", "A hormone result"),
                Said("门诊的开诊时间", "The clinic's opening hours"),
                Said("价目表上的价格", "A price on the price list"),
                Said("当日到诊总人数", "How many people came today"),
            ),
            Said(
                "健康信息是敏感个人信息；不指向个人的数字和公开信息不是。",
                "Health data is sensitive; public facts and numbers about nobody are not.",
            ),
        ),
        Question(
            "wrong-record",
            Said(
                "你点错了，打开了另一位患者的记录。接下来怎么做？",
                "By mistake you opened another patient's record. What now?",
            ),
            (
                Said(
                    "马上关闭，当天告诉安全管理员。",
                    "Close it at once, and tell the security administrator the same day.",
                ),
                Said("关闭即可，反正没有改动。", "Close it; nothing was changed."),
                Said("请管理员删掉这条查看记录。", "Ask for the trail of it to be deleted."),
                Said("看完再关，以免再点错。", "Read it first, so as not to err again."),
            ),
            Said(
                "查看本身会留下记录，而且删不掉；及时报告就能说清楚。",
                "The look itself is recorded and cannot be deleted; told in time it is explained.",
            ),
        ),
        Question(
            "leaving-seat",
            Said(
                "离开座位去接水，屏幕上开着患者页。",
                "You leave your seat with a patient's page open.",
            ),
            (
                Said("先遮盖屏幕再离开", "Cover the screen first"),
                Said("一分钟就回来，不用管", "Leave it: it is only a minute"),
                Said("请旁边的家属帮忙看着", "Ask somebody waiting nearby to watch it"),
                Said("把显示器转个方向", "Turn the monitor aside"),
            ),
            Said("一眼就够泄密。", "One glance is enough."),
        ),
        *LAW,
    ),
)
