"""The rounds of training: law, sensitive data, boundaries, and consent with fees (S3, S4).

Written from the clinic's founding documents. The first option of a question is the right one;
they are shuffled before anybody sees them. A key is never given to another question: past
sittings name it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from crm.clearance.courses.consent import COURSE as CONSENT
from crm.clearance.courses.privacy import COURSE as PRIVACY
from crm.clearance.courses.said import Course, Question, Said
from crm.clearance.courses.sensitive import COURSE as SENSITIVE
from crm.clearance.courses.wording import COURSE as WORDING

__all__ = ["ALL", "RIGHT", "Course", "Question", "Said"]

RIGHT: Final = 0  # the place of the right option in the source
ALL: Final[Mapping[str, Course]] = MappingProxyType(
    {course.key: course for course in (PRIVACY, SENSITIVE, WORDING, CONSENT)}
)
