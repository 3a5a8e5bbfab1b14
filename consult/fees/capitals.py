"""An amount in Chinese capitals, as a contract and an invoice write it."""

from decimal import ROUND_HALF_UP, Decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_GROUPS = ((100_000_000, "亿"), (10_000, "万"), (1, ""))
_LEADING_PLACE = 1000
_MOST = Decimal("999999999999.99")
_CENT = Decimal("0.01")


def in_capitals(amount: Decimal) -> str:
    """The amount in CNY in capitals: 41,860 is 肆万壹仟捌佰陆拾元整, -0.05 is 负伍分.

    Rounded half up to the cent. 零 stands for skipped places inside the number, and between 元
    and 分 when 角 is missing; 整 only after 元. Raises ValueError from a million million on.
    """
    if not amount.is_finite() or abs(amount) > _MOST:
        raise ValueError("amount too large to write out")
    cents = int(abs(amount).quantize(_CENT, rounding=ROUND_HALF_UP) * 100)
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    sign = "负" if amount < 0 and cents else ""
    whole = f"{_integer(yuan)}元" if yuan or not cents else ""
    if not (jiao or fen):
        return f"{sign}{whole}整"
    gap = "零" if whole and not jiao else ""
    tenths = f"{_DIGITS[jiao]}角" if jiao else gap
    return sign + whole + tenths + (f"{_DIGITS[fen]}分" if fen else "")


def _integer(number: int) -> str:
    """The whole part: groups of four digits; a short group or a skipped one before it takes 零."""
    text, skipped = "", False
    for size, name in _GROUPS:
        group = number // size % 10_000
        if group:
            text += "零" if text and (skipped or group < _LEADING_PLACE) else ""
            text += _group(group) + name
        skipped = not group
    return text or _DIGITS[0]


def _group(number: int) -> str:
    """1 to 9,999, without a leading 零."""
    text, skipped = "", False
    for size, name in _PLACES:
        digit = number // size % 10
        if digit:
            text += ("零" if text and skipped else "") + _DIGITS[digit] + name
        skipped = not digit
    return text
