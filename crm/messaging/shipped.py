"""The wordings that come with the product: Chinese, neutral, approved by being shipped.

They tell nobody what kind of clinic wrote, which treatment it is about, or who reads it. The
provider puts the signature of settings.SMS_SIGN_NAME in front.
"""

from dataclasses import dataclass
from typing import Final

from privacy.consent.models import Purpose


@dataclass(frozen=True, slots=True)
class Wording:
    """One template of the product."""

    code: str
    text: str
    time_critical: bool
    purpose: Purpose = Purpose.FOLLOW_UP
    version: int = 1


WORDINGS: Final = (
    Wording(
        "F-01",
        "您好，今天有一项事先约好的安排，请按当面说明的时间进行。有疑问请致电我们。回复T不再提醒。",
        time_critical=True,
    ),
    Wording(
        "F-02",
        "您好，请记得下次来访的时间。如需改期，请提前致电我们。回复T不再提醒。",
        time_critical=True,
    ),
    Wording(
        "F-03",
        "您好，想了解您这几天的情况。方便时请致电我们，我们也会在约定的时间致电。回复T不再提醒。",
        time_critical=False,
    ),
    Wording(
        "F-04",
        "您好，本阶段的联系到此结束，感谢您的信任。需要时请随时致电我们。",
        time_critical=False,
    ),
)
