"""The first edition of what staff sign and read, so that no clinic starts without words.

From the clinic's own founding documents (S1, S2). A clinic puts its own edition in their place
on the policies page; these stay, signatures point at them.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Draft:
    """One document in both languages."""

    slug: str
    kind: str
    title_zh: str
    title_en: str
    body_zh: str
    body_en: str


NDA: Final = Draft(
    "nda",
    "nda",
    "保密协议",
    "Confidentiality agreement",
    """一、谁在这里就诊、为什么来、做过什么、花了多少，都是秘密。我在工作中看到、听到的患者信息，在职期间和离职以后都不对外透露，对家人和同事也一样。
二、我只查看工作需要的记录。好奇、帮熟人打听、替朋友查看，都不是工作需要。
三、我只用自己的账号，不借给别人，也不用别人的账号。每次查看、查明文、打印、导出都会留下我的名字。
四、患者信息只留在门诊的系统里。不拍照，不截屏，不抄到私人笔记，不用私人微信、邮箱或网盘传送。
五、不向任何人确认某人是不是这里的患者，除非患者本人已书面同意告诉这个人。
六、发现泄露、误发、丢失设备，或者自己看错了记录，当天告诉安全管理员。主动报告不等于认错，隐瞒才是过错。
七、违反本协议，按制度处理；造成损失或触犯法律的，依法承担责任。""",
    """1. Who is treated here, why they came, what was done and what it cost is secret. What I \
see and hear of patients at work I tell nobody, during my employment or after it, family and \
colleagues included.
2. I look only at records that my work needs. Curiosity, or doing somebody a favour, is not work.
3. I use my own account only and lend it to nobody. Every look, reveal, print and export carries \
my name.
4. Patients' data stay in the clinic's systems: no photos, no screenshots, no private notes, no \
private messengers, mail or drives.
5. I confirm to nobody that a person is a patient here, unless that patient has agreed in \
writing that this person may know.
6. If something leaks, goes to the wrong person or is lost, or if I opened the wrong record, I \
tell the security administrator the same day. Reporting is no admission of fault; hiding it is \
the fault.
7. A breach is dealt with by the clinic's rules, and by law where damage is done or the law is \
broken.""",
)

PLEDGE: Final = Draft(
    "pledge",
    "pledge",
    "职业道德承诺书",
    "Ethics pledge",
    """一、我说实话。不承诺疗效，不夸大成功率，不隐瞒风险；不确定的就说不确定，请患者来院面诊。
二、我不制造恐惧和焦虑，不催促，不贬低别的医院，不用所谓成功案例当证据。
三、我不冒充医生，不包装医生，不以患者身份说话。
四、我一视同仁。不按花钱多少给人分等，不因为患者不想治疗、想在当地治疗而冷落他。
五、费用先讲清楚再做。可做可不做的项目明确说“非必需”，加费提前 24 小时书面告知，由患者本人确认。
六、患者说“不”就是不。不反复索要姓名和电话，不绕开已撤回的同意。
七、患者资源不是我的私产。我不用私人联系方式与患者往来，离开时不带走任何患者信息。""",
    """1. I tell the truth. I promise no result, inflate no success rate and hide no risk; what \
is uncertain I call uncertain, and ask the patient to come and be examined.
2. I create no fear or anxiety, do not press, do not run down other hospitals and use no success \
stories as proof.
3. I do not pose as a doctor, do not dress up doctors, and never speak as if I were a patient.
4. I treat everybody alike. I rank nobody by what they may pay, and neglect nobody who does not \
want treatment or wants it near home.
5. Fees are explained first. What is optional I call “not necessary”; extra cost is told in \
writing 24 hours ahead and confirmed by the patient.
6. A patient's no is a no. I do not keep asking for name and phone, and do not work around a \
consent that was withdrawn.
7. Patients are not my property. I use no private channel with them, and take no patient's data \
with me when I leave.""",
)

MANUAL: Final = Draft(
    "privacy-manual",
    "policy",
    "隐私手册：从前台到检验",
    "Privacy manual: from reception to laboratory",
    """前台：只叫当日号，不叫姓名。首诊只问称呼、联系方式和主诉；婚姻状况可以不填，并当面说明；不索要结婚证和身份证原件。
候诊和诊室：一医一患一室，门关好再谈。叫号屏、小票、病历封面只印编号。
咨询：开始时说明谈话保密，提醒不必说得过多。姓名和电话最多问三次，被拒绝就停止。通话和聊天里出现的号码会自动遮盖，不要手工补回去。
医生和护士：只称姓氏。需要明文时写清原因，看完即合上。
检验和影像：外送单只写编号，结果回院后再对应。
收费：发票需要证件号时当场查看，不抄写。
随访：先有同意，再有联系。问候语中性，不提科室、病情和药名；别人接听时不说来意。
屏幕和桌面：离开座位先遮盖屏幕；桌上不留纸条；下班清桌。
打印：印几份记几份，作废的当场粉碎。
出了差错：当天报告安全管理员，写清编号、时间和经过。""",
    """Reception: call today's number, never a name. The first visit asks for a form of address, \
contact and chief complaint; marital status is optional and staff say so aloud; no marriage \
certificate and no ID original is asked for.
Waiting and rooms: one doctor, one patient, one room, and the door is shut before anybody \
speaks. Screens, slips and covers show codes only.
Consultation: say at the start that the talk is confidential and that nobody need tell more than \
is needed. Ask for name and phone three times at most; stop after a refusal. Numbers in calls \
and chats are covered by themselves; do not put them back.
Doctors and nurses: address people by surname. Write why plain text is needed, and close it \
after use.
Laboratory and imaging: outside orders carry the code; results are matched inside.
Cashier: where an invoice needs an ID number, look it up on the spot and copy it nowhere.
Follow-up: consent first, contact second. Greetings are neutral and name no department, illness \
or drug; if somebody else answers, do not say why you call.
Screen and desk: cover the screen when you leave your seat; leave no notes; clear the desk at \
the end of the shift.
Printing: every copy is counted; spoilt ones are shredded at once.
When something went wrong: tell the security administrator the same day, with code, time and \
what happened.""",
)

SHIPPED: Final = (NDA, PLEDGE, MANUAL)
