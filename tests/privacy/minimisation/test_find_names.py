"""A place in a sentence that only a person fills makes a name of seldom and wordlike characters."""

import pytest

from tests.privacy.minimisation.test_find import found


def people(text: str) -> list[str]:
    return [value for value, kind in found(text) if kind == "name"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        # a clause of its own beside papers, an age or a gender
        ("取消申请：童同，卡号6222020000000001", ["童同"]),
        ("岳合，病历号202202158194", ["岳合"]),
        ("陈想，女，31岁", ["陈想"]),
        ("向芸，病案号202202158194", ["向芸"]),
        # behind a label a surname may be grammar and the end of the name a gender
        ("患者姓名：时芸", ["时芸"]),
        ("夫妻双方：向国庆、原静云", ["向国庆", "原静云"]),
        ("收款人许成男。", ["许成男"]),
        ("姓名许成 男 31岁", ["许成"]),
        # compound surnames are no words, whatever they begin with
        ("本人司马空山，今年31岁", ["司马空山"]),
        ("东方景行，男，40岁", ["东方景行"]),
        ("我欧阳武成，来过", ["欧阳武成"]),
        ("对方自称安知秋，要退费", ["安知秋"]),
        ("寄到南京市鼓楼区丽景花园3栋201 诸葛向安 13800138000", ["诸葛向安"]),
        ("患者家属连芳云来电", ["连芳云"]),
        ("打13800138000找向雅文，谢谢", ["向雅文"]),
        ("备用联系人支太太 021-61234567", ["支太太"]),
        # a title speaks for a name in the middle of words
        ("你们这的于晓云护士人很好", ["于晓云护士"]),
        ("这次是向医生给我看的", ["向医生"]),
        ("您好，时女士来电", ["时女士"]),
        # behind an address
        ("寄到南京市鼓楼区丽景花园3栋201，凌蕴蓁收", ["凌蕴蓁"]),
        ("南京市鼓楼区丽景花园3栋201 司马向晚 13800138000", ["司马向晚"]),
        # whoever is named beside a name is one, before it and after it
        ("宫清秋/吴兰君夫妇", ["宫清秋", "吴兰君"]),
        ("1.王丽华 2.原静 3.全心", ["王丽华", "原静", "全心"]),
        ("我姐夫苗畅和弟媳佘雁都来过", ["苗畅", "佘雁"]),
        # in brackets or quotes of its own
        ("[牛静] 已预约", ["牛静"]),
        ("“原忆虹”这个名字查不到", ["原忆虹"]),
        # more ways to announce somebody
        ("抬头写司徒如风。", ["司徒如风"]),
        ("病友小沐告诉我的", ["小沐"]),
        ("昵称小圣，会员", ["小圣"]),
        ("致卞女士：感谢信任", ["卞女士"]),
        ("宇文前进你好，明天空腹", ["宇文前进"]),
        # behind a colon or a dash, and before what a note says of a patient
        ("今日促排：水清秋", ["水清秋"]),
        ("待复诊：安芸（移植后14天）", ["安芸"]),
        ("男：敖如松 女：庄松", ["敖如松", "庄松"]),
        ("夫牛文秀 妻丁景秀", ["牛文秀", "丁景秀"]),
        ("谢谢你们。——匡云飞", ["匡云飞"]),
        ("蒲松-女-32岁", ["蒲松"]),
        ("王洁，卵泡18mm，今晚打针", ["王洁"]),
        ("李洁：已确认周五到院", ["李洁"]),
        ("麻烦把刘敏的报告给我", ["刘敏"]),
        ("请牟柏尽快来", ["牟柏"]),
        ("鞠丽芸嫌贵", ["鞠丽芸"]),
        ("彭芸有没有预约", ["彭芸"]),
        # a title and a deed
        ("你们蔺小姐态度真差", ["蔺小姐"]),
        ("我看的戚教授今天在吗", ["戚教授"]),
        ("我们那的小倩也在这做", ["小倩"]),
        ("小倩发我的链接", ["小倩"]),
        # nicknames of any character, where a person must stand
        ("我是阿鹄介绍来的", ["阿鹄"]),
        ("上次是小筝给我看的", ["小筝"]),
        ("约周三上午老颂门诊", ["老颂"]),
        ("经办人小筝。", ["小筝"]),
        ("备用联系人小年 021-61234567", ["小年"]),
    ],
)
def test_a_place_for_a_person_makes_a_name(text, names):
    assert people(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "备注：有安排",
        "备注：能安排，能来",
        "那好吧，病历号202202158194",
        "花店，13800138000",
        "联系人老公 13800138000",
        "联系人老公。",
        "上次是小医院给我看的",
        "约周三上午小儿门诊",
        "这次是由主任给我看的",
        "应女士要求退费",
        "农行卡号6222020000000001",
        "白带，病历号202202158194",
        "方案顾问",
        "魏晋，贺喜",
        "主诉：高烧，方案：拮抗剂",
        "平安，今日移植",
        "大小三阳医生您好，还不清楚医生你好",
        "例如：小米、玉米、万珂",
        "于已经怀孕的人",
        "我的小花盆今天浇水",
        "把黄体酮停了——方法不对",
        "失血会导致闭经，一个健康优秀的宝宝",
        "“周期”不准",
        "百里之外，东方的药",
        "患者满意，家属应邀",
        "老公应该支持",
        "病人应树起信心",
    ],
)
def test_a_word_in_such_a_place_stays_a_word(text):
    assert people(text) == []
