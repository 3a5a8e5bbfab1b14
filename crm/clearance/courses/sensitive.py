"""Round two: recognising sensitive data wherever it hides (S3, S53, S76; PIPL 28)."""

from typing import Final

from crm.clearance.courses.said import Course, Said, asked

COURSE: Final = Course(
    "sensitive",
    (
        Said(
            "敏感个人信息：医疗健康、生物识别、身份证件、金融账户、行踪，以及不满十四岁者的一切信息。",
            "Sensitive: health, biometrics, identity papers, accounts, whereabouts, and everything "
            "about children under 14.",
        ),
        Said(
            "在本院，“某人来过”就是健康信息。预约单、候诊名单、来电号码都算。",
            "Here, “somebody came” is health data: lists, slips and callers' numbers are.",
        ),
        Said(
            "去掉姓名不等于认不出。时间、年龄、籍贯、职业拼在一起，往往只剩一个人。",
            "Without a name is not without a person: time, age, home and work together often leave "
            "one.",
        ),
        Said(
            "自由文字最容易藏东西：家属的电话、单位、住址。写之前想一想是否必要。",
            "Free text hides most: a relative's phone, an employer, an address. Is it needed?",
        ),
        Said(
            "配偶是另一个人，有自己的档案。一方的结果不写进另一方的记录，也不告诉对方。",
            "A partner is another person with another file: one's results are neither written "
            "into nor told to the other.",
        ),
        Said(
            "短信、信封、语音留言、抬头和发件人，都会泄露科室。",
            "Texts, envelopes, voice mail, letterheads and senders give the department away.",
        ),
    ),
    (
        asked(
            "what-the-law-lists",
            (
                "下面哪一项是法律点名的敏感个人信息？",
                "Which of these does the law itself name as sensitive?",
            ),
            ("行踪轨迹", "Whereabouts"),
            ("希望的称呼", "How one wishes to be addressed"),
            ("喜欢的联系时段", "The hours at which one likes to be called"),
            ("使用的手机品牌", "The make of one's phone"),
            why=(
                "行踪、健康、生物识别、身份、金融账户和不满十四岁者的信息都是。",
                "So are health, biometrics, identity, accounts, and data of children under 14.",
            ),
        ),
        asked(
            "just-the-list",
            (
                "明天的到诊名单只有姓名和时间，没有病情。它敏感吗？",
                "Tomorrow's list has names and times, no illness. Is it sensitive?",
            ),
            ("敏感，它说明这些人在本院就诊", "Yes: it says that these people come here"),
            ("不敏感，没有任何医疗内容", "No: there is nothing medical in it"),
            ("只有写了科室才敏感", "Only with a department on it"),
            ("打印出来才敏感", "Only once it is printed"),
            why=(
                "来就诊这件事本身就是秘密。",
                "That somebody comes at all is the secret.",
            ),
        ),
        asked(
            "no-name-left",
            (
                "写培训材料时，哪种写法认不出是谁？",
                "Which of these in a training text can no longer be traced to anybody?",
            ),
            ("“一位患者咨询过费用问题”", "“A patient once asked about fees”"),
            (
                "“四十七岁的中学校长，周三取卵”",
                "“A headmistress of 47, egg retrieval Wednesday”",
            ),
            ("“王※※，来自某县城，双胎”", "“Wang※※ from a small town, twins”"),
            ("“上周唯一一位外籍患者”", "“Last week's only patient from abroad”"),
            why=(
                "几个特点拼起来，熟人一看便知。",
                "A few traits together, and who knows them knows.",
            ),
        ),
        asked(
            "code-only-file",
            (
                "表格里只有患者编号和检查结果，没有姓名。它还是个人信息吗？",
                "A table has patient codes and results but no names. Is it still personal data?",
            ),
            ("是，编号在系统里就能对上人", "Yes: the system leads from the code to a person"),
            ("不是，外人看不懂编号", "No: nobody outside can read the codes"),
            ("只有发给外人时才是", "Only when it is sent outside"),
            ("超过一百行就不是", "Not with more than a hundred rows"),
            why=(
                "这叫去标识化，不是匿名，仍按敏感信息保护。",
                "That is de-identified, not anonymous, and guarded all the same.",
            ),
        ),
        asked(
            "relatives-phone",
            (
                "患者说：“打给我姐姐吧，139……。”你在备注里怎么写？",
                "“Call my sister, 139…”, says the patient. What goes into the note?",
            ),
            (
                "不写号码，请患者登记指定联系人",
                "No number; the patient may name her as a contact",
            ),
            ("照原话记下，注明是姐姐的号码", "The words as said, noting that it is the sister's"),
            ("只写号码，不写是谁", "The number without saying whose"),
            ("写上号码并注明“保密”", "The number, marked “confidential”"),
            why=(
                "那是第三个人的信息，她没有同意过。",
                "That is a third person's data, and she was never asked.",
            ),
        ),
        asked(
            "partners-result",
            (
                "妻子的页面开着，丈夫的精液报告出来了。应当记在哪里？",
                "The wife's page is open; the husband's semen report arrives. Where does it go?",
            ),
            ("记在丈夫自己的档案里", "Into the husband's own file"),
            ("记在妻子的备注里，反正是一对", "Into the wife's note: they are a couple"),
            ("两边都写一份", "Into both"),
            ("口头告诉妻子就行", "Nowhere: the wife is told"),
            why=(
                "夫妻是两个人、两份档案；互通要双方同意。",
                "Two people, two files; a link needs the consent of both.",
            ),
        ),
        asked(
            "neutral-text",
            (
                "哪条短信不泄露任何事情？",
                "Which text message gives nothing away?",
            ),
            (
                "“您好，明天上午有安排，详情请登录查看。健康管理中心”",
                "“You have something planned tomorrow. Details after signing in. Health "
                "Management Centre”",
            ),
            (
                "“王芳女士，请明早八点前空腹到三楼抽血，带好身份证”",
                "“Ms Wang Fang, come fasting to floor 3 before 8, with your ID card”",
            ),
            ("“生殖科提醒：明天 9 点复诊”", "“Fertility department: visit at 9 tomorrow”"),
            ("“您的胚胎移植时间已确定”", "“The day of your transfer is set”"),
            why=(
                "不出现科室、项目、全名；家人看到也读不出什么。",
                "No department, procedure or full name: whoever reads along learns nothing.",
            ),
        ),
        asked(
            "voice-mail",
            (
                "随访电话转入语音信箱。留什么话？",
                "A follow-up call goes to voice mail. What do you leave?",
            ),
            ("不说来意，稍后再打", "Nothing of why; you call again later"),
            ("说明检查结果已出", "That the results are there"),
            ("说是某某医院的回访", "That it is a follow-up from the clinic"),
            ("报患者全名，请她回电", "Her full name, and to call back"),
            why=(
                "你不知道谁会听到这段留言。",
                "You do not know who listens to it.",
            ),
        ),
        asked(
            "screenshot",
            (
                "系统报错了，你想截屏发到工作群求助。先要做什么？",
                "The system shows an error and you want help from the work group. What first?",
            ),
            (
                "只发错误编号，不截患者页面",
                "Send the error's number, and no picture of the page",
            ),
            ("截屏，请大家看完删除", "A picture, to be deleted by everybody"),
            ("截屏，用手指挡住姓名拍", "A picture, with a finger on the name"),
            ("群里都是同事，可以发", "A picture: they are colleagues"),
            why=(
                "群里的人并不都照护这位患者，图片也收不回来。",
                "Not all of them care for her, and a picture cannot be called back.",
            ),
        ),
        asked(
            "outside-tool",
            (
                "患者发来外文病历，你想用网上翻译看懂。可以粘贴进去吗？",
                "A patient sends a report in another language. May you paste it into a web "
                "translator?",
            ),
            (
                "不可以，那是把健康信息交给别的公司",
                "No: that hands health data to another company",
            ),
            ("可以，把姓名和身份证号删掉就行", "Yes, once name and ID number are taken out"),
            ("可以，用无痕窗口", "Yes, in a private window"),
            ("可以，患者自己发来的", "Yes: she sent it herself"),
            why=(
                "翻译、聊天助手、网盘都是第三方；资料不出院。",
                "Translators, assistants and web drives are third parties; data stays here.",
            ),
        ),
        asked(
            "outside-laboratory",
            (
                "外送检验单上应当写什么来对应患者？",
                "What stands on an order to an outside laboratory to tell whose it is?",
            ),
            ("只写编号，结果回来后在院内对应", "The code alone; it is matched in the house"),
            ("姓名和出生年份", "Name and year of birth"),
            ("姓名和手机尾号", "Name and last digits of the phone"),
            ("姓名加身份证号，最不容易弄错", "Name and ID number, so that nothing is mixed up"),
            why=(
                "对方不需要知道是谁，编号就够。",
                "They need not know who it is: the code will do.",
            ),
        ),
        asked(
            "small-group",
            (
                "对外介绍时可以用哪个数字？",
                "Which figure may be told outside?",
            ),
            ("全年咨询总量", "All consultations of the year"),
            ("上周三做手术的一位患者的年龄", "The age of Wednesday's one operated patient"),
            ("某小区来过两位患者", "That two patients came from one estate"),
            ("本月唯一一例并发症的经过", "The course of this month's only complication"),
            why=(
                "人数太少的数字会指向具体的人。",
                "Figures about too few people point at them.",
            ),
        ),
        asked(
            "how-much-to-show",
            (
                "患者在前台核对电话，旁边有人。怎么核对？",
                "A phone number is to be checked at the desk, with others near. How?",
            ),
            ("请她说最后四位，你看屏幕比对", "She says the last four digits, you compare"),
            ("你把号码念一遍请她确认", "You read it out for her to confirm"),
            ("把屏幕转过去给她看", "You turn the screen to her"),
            ("请她大声报全号", "She says all of it aloud"),
            why=(
                "够用就好，也不让旁边的人听到。",
                "As much as is needed, and nothing for those who stand by.",
            ),
        ),
        asked(
            "sensitive-tag",
            (
                "患者流产了。团队以外的人能看到什么？",
                "A patient miscarried. What do people outside her care team see?",
            ),
            ("什么也看不到，随访停止", "Nothing; follow-up has stopped"),
            ("一个“重点关怀”标签", "A tag “special care”"),
            ("原因不写，只写“勿扰”和日期", "“Do not disturb” and the date"),
            ("备注里简单写一句", "A short line in the note"),
            why=(
                "敏感事件只给照护团队看，标签本身也会说话。",
                "Such events are for the care team alone; a tag speaks too.",
            ),
        ),
        asked(
            "papers-on-the-desk",
            (
                "下班了，桌上有一张写着编号和症状的便条。怎么办？",
                "The shift is over; a slip with a code and symptoms lies on your desk. What now?",
            ),
            ("该录入的录入，然后粉碎", "Enter what belongs in the record, then shred it"),
            ("夹进笔记本带回家", "Take it home in your notebook"),
            ("翻过来压在键盘下", "Turn it over under the keyboard"),
            ("只有编号，留着没关系", "Leave it: it has a code only"),
            why=(
                "编号加症状就是健康信息；桌面下班要清空。",
                "Code and symptoms are health data; the desk is cleared.",
            ),
        ),
    ),
)
