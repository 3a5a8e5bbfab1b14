"""Issuing codes."""

import secrets
from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from privacy.pseudonyms.models import Subject, VisitCode
from privacy.pseudonyms.rules import make_code
from privacy.receipts import SubjectRef
from privacy.records import keys_of

_TRIES = 5  # 35 random bits: a second try is already rare at a million patients


@transaction.atomic
def issue_subjects(*, count: int) -> list[Subject]:
    """New subjects with random codes and their own keys.

    Raises: RuntimeError if no free code is found, which means the random source is broken.
    """
    for _ in range(_TRIES):
        codes = {make_code(secrets.randbelow) for _ in range(count)}
        if len(codes) < count:
            continue
        try:
            with transaction.atomic():
                return Subject.objects.with_keys(sorted(codes))
        except IntegrityError:
            continue
    raise RuntimeError("no free patient code found")


@transaction.atomic
def issue_seeming_subject(*, since: datetime) -> Subject:
    """An invented patient's subject, whose rows say that they are of ``since`` (aware)."""
    with keys_of(since):
        (subject,) = issue_subjects(count=1)
    Subject.objects.stamp(subject, since)
    return subject


def issue_subject() -> Subject:
    """One new subject."""
    return issue_subjects(count=1)[0]


@transaction.atomic
def issue_visit_code(*, subject: SubjectRef, site: UUID, day: date) -> VisitCode:
    """The patient's code for ``day`` (clinic time) at one site; the same one if asked again.

    Numbers run from 1 each day (S53). Two desks at once are put in line by an advisory lock.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"visit {site} {day}"])
    known = VisitCode.objects.filter(subject_id=subject.pk, site=site, day=day).first()
    if known:
        return known
    last = VisitCode.objects.filter(site=site, day=day).order_by("number").last()
    number = (last.number if last else 0) + 1
    return VisitCode.objects.create(subject_id=subject.pk, site=site, day=day, number=number)
