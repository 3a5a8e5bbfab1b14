"""Words before a number that say what it is: an order is no phone, a chart number no card."""

import re

WINDOW = 24  # a label stands right before its number
# After the label's word may come only what joins: 号, 编号, a colon, a few letters (SF, DD).
_JOIN = r"(?:编?号码?|编码|单号?|卡号?|ID|No\.?|码)?[是为:#\s]{0,3}[A-Za-z]{0,6}-?$"
_ORDER = re.compile(
    r"(?:订单|单号|快递|运单|物流|批号|批次|批准|准字|流水|条码|条形码|样本|标本|工单|排队|发票|取件|验证码"
    r"|序列|货号|合同|申请单|报告单|处方|医嘱|条目|票|设备|型号|版本|追溯|监管|医师资格|执业|许可证?|试剂)"
    + _JOIN
)
RECORD_WORDS = (
    r"病[历例]|病案|住院|门诊|就诊卡?|诊疗卡?|病人|患者|登记|档案|建档|健康卡|医保卡?|社保卡?|个案|周期"
    r"|IVF|试管|冷冻|客户|会员卡?|复诊卡|病员|病号|孕妇|围产|母婴|MRN"
)
_RECORD = re.compile(
    rf"(?:{RECORD_WORDS})(?:本|册|系统)?(?:编?号码?|编码|卡号?|ID|码)[是为:#\s]{{0,3}}$"
)
_IDENTITY = re.compile(r"(?:身份证|证件|证号|身份号)[^\d，。；]{0,8}$")
_CARD = re.compile(
    r"(?:(?:银行|储蓄|信用|工资|借记|收款|打款|退款)卡|卡号|账号|帐号|账户|帐户)[^\d，。；]{0,8}$"
)
_CALL = re.compile(
    r"(?:电话|手机|号码|联系|致电|拨打?|打给?|呼叫|来电|短信|座机|固话|[Tt][Ee][Ll]|[Pp]hone|[Mm]ob)"
    r"[^\d。；]{0,8}$"
)


def _before(plain: str, start: int) -> str:
    return plain[max(0, start - WINDOW) : start]


def named_order(plain: str, start: int) -> bool:
    """Whether the words before ``start`` call what follows an order, a batch or a chart."""
    words = _before(plain, start)
    return bool(_ORDER.search(words) or _RECORD.search(words))


def named_identity(plain: str, start: int) -> bool:
    """Whether the words before ``start`` announce an identity number."""
    return bool(_IDENTITY.search(_before(plain, start)))


def named_card(plain: str, start: int) -> bool:
    """Whether the words before ``start`` announce a bank card or account."""
    words = _before(plain, start)
    return bool(_CARD.search(words)) and not _RECORD.search(words)


def named_call(plain: str, start: int) -> bool:
    """Whether the words before ``start`` speak of telephoning."""
    return bool(_CALL.search(_before(plain, start)))
