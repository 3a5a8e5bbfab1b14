"""What the patient is told when a talk begins, in numbered editions (S18).

An edition never changes: a better wording is the next one, so that a record shows what was said.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class OpeningNotice:
    """One edition, in both languages."""

    version: int
    zh: str
    en: str


EDITIONS: Final = (
    OpeningNotice(
        version=1,
        zh="您好，我们的谈话会保密，只有为您服务的医护人员可以查看。请只说与这次咨询有关的情况，"
        "不必说姓名、住址和证件号码；不想回答的问题可以不答。",
        en="This talk is confidential: only the staff who look after you read it. Please tell us "
        "what this enquiry needs and no more; no name, address or document number is needed, and "
        "any question may be left unanswered.",
    ),
)
CURRENT: Final = EDITIONS[-1]


def edition(version: int) -> OpeningNotice | None:
    """The edition of that number; None for one this program does not know."""
    return next((one for one in EDITIONS if one.version == version), None)
