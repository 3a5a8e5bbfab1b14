"""When the demo clinic's patients were registered: over the past two months, four of them today.

The service registers people now. What is older is written here into the rows of the past, as the
story does for plans and talks; the trail cannot be written to, so its events stay of today.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.utils import timezone

from crm.embedded.demo.followups import RUNNING
from crm.embedded.demo.talks import FIRST_TALK_DAYS_AGO, TALKED
from crm.patients.models import Patient
from privacy.pseudonyms.models import VisitCode

NEW_TODAY: Final = (0, 2, 3, 59)  # by number; of the others, some come again today
_OPENS: Final = 9  # o'clock, clinic time
_SPREAD: Final = 25  # days over which first visits precede the first talk
_ANCHORS: Final = {number: days for number, _template, days in RUNNING}


def days_before(number: int) -> int:
    """How many days before today the guest was registered: ahead of any talk and any plan."""
    if number in NEW_TODAY:
        return 0
    talked = FIRST_TALK_DAYS_AGO - (number - TALKED.start) if number in TALKED else 0
    return max(talked, _ANCHORS.get(number, 0)) + 1 + number * 7 % _SPREAD


def registered_at(number: int, today: date) -> datetime:
    """Aware; within the opening hours of the day, earlier numbers first."""
    morning = datetime.combine(today - timedelta(days=days_before(number)), datetime.min.time())
    return timezone.make_aware(morning + timedelta(hours=_OPENS, minutes=8 * number + 3))


def put_into_the_past(patients: Sequence[Patient]) -> None:
    """Day of registration and the code of that day, for all but today's (who keep the codes)."""
    today = timezone.localdate()
    codes = {code.subject_id: code for code in VisitCode.objects.filter(day=today)}
    given: Counter[date] = Counter()
    for number, patient in enumerate(patients):
        code = codes[patient.pk]
        code.day = today - timedelta(days=days_before(number))
        given[code.day] += 1
        code.number = given[code.day]
        if number not in NEW_TODAY:
            patient.created_at = registered_at(number, today)
    Patient.objects.bulk_update(patients, ["created_at"])
    # The old ones first: their numbers of today become free. Today's move up one after the other,
    # each to a number that is free by then: one statement might meet the number before it moved.
    VisitCode.objects.bulk_update(
        [code for code in codes.values() if code.day != today], ["day", "number"]
    )
    for number, patient in enumerate(patients):
        if number in NEW_TODAY:
            codes[patient.pk].save(update_fields=["number"])
