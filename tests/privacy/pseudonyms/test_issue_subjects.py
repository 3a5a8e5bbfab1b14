"""Subjects with codes and keys, and the visit codes of a day."""

from datetime import date
from uuid import uuid4

import pytest

from privacy.encryption.models import SubjectKey
from privacy.pseudonyms import services
from privacy.pseudonyms.models import Subject
from privacy.pseudonyms.services import issue_subject, issue_subjects, issue_visit_code

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 21)


def test_each_subject_has_a_code_and_two_keys() -> None:
    made = issue_subjects(count=30)
    assert len({one.code for one in made}) == 30
    assert SubjectKey.objects.filter(subject_id__in=[one.pk for one in made]).count() == 60
    assert str(made[0]) == made[0].code


def test_a_code_that_is_taken_is_drawn_again(monkeypatch) -> None:
    taken, codes = issue_subject().code, []
    free = [taken, taken, "0000000A", "0000000B", "0000000B", "0000000C"]

    def draw(_source: object) -> str:
        codes.append(free[len(codes)])
        return codes[-1]

    monkeypatch.setattr(services, "make_code", draw)
    assert [issue_subject().code, *(one.code for one in issue_subjects(count=1))] == [
        "0000000A",
        "0000000B",
    ]


def test_two_alike_in_one_batch_are_drawn_again(monkeypatch) -> None:
    drawn = iter(["0000000D", "0000000D", "0000000E", "0000000F"])
    monkeypatch.setattr(services, "make_code", lambda _source: next(drawn))
    assert [one.code for one in issue_subjects(count=2)] == ["0000000E", "0000000F"]


def test_a_broken_random_source_stops(monkeypatch) -> None:
    taken = issue_subject().code
    monkeypatch.setattr(services, "make_code", lambda _source: taken)
    with pytest.raises(RuntimeError, match="no free patient code"):
        issue_subject()
    assert Subject.objects.filter(code=taken).count() == 1


def test_visit_codes_count_from_one_each_day_and_site() -> None:
    site, other = uuid4(), uuid4()
    people = issue_subjects(count=3)
    numbers = [issue_visit_code(subject=one, site=site, day=DAY).number for one in people]
    assert numbers == [1, 2, 3]
    again = issue_visit_code(subject=people[1], site=site, day=DAY)
    assert (again.number, str(again)) == (2, "B-002")
    assert issue_visit_code(subject=people[1], site=other, day=DAY).number == 1
    assert issue_visit_code(subject=people[2], site=site, day=date(2026, 11, 22)).number == 1
