"""Synthetic patients for the measurements, drawn once a process."""

import random
from dataclasses import dataclass
from typing import Any

COMPLAINTS = (
    "备孕一年未成功，想了解检查和费用，之前在外地做过一次检查，结果没有带来。",
    "复查后想问下一步，担心请假时间，希望周末或晚上来，最好由同一位医生看。",
    "朋友介绍来咨询，想先了解流程，不方便接电话，请发短信。",
)


@dataclass(frozen=True, slots=True)
class Known:
    """What a first visit takes down of one person."""

    contact: dict[str, str]
    clinical: dict[str, str]


def known_people(count: int, *, seed: int = 7) -> list[Known]:
    """That many people with all seven sealed values, in canonical form."""
    from crm.patients.invented import People
    from crm.patients.rules import normalise_phone

    dice = random.Random(seed)
    people = People(dice)
    found = []
    for number in range(count):
        person = people.person()
        found.append(
            Known(
                contact={
                    "name": person.name,
                    "phone": normalise_phone(person.phone).value,
                    "id_number": f"11010119900101{number % 10_000:04d}",
                },
                clinical={
                    "chief_complaint": COMPLAINTS[number % len(COMPLAINTS)],
                    "sex": dice.choice(["female", "male"]),
                    "birth_year": str(1950 + number % 60),
                    "marital_status": dice.choice(["married", "single", "declined"]),
                },
            )
        )
    return found


def bare_patients(count: int) -> list[Any]:
    """New patients of the measured clinic, without keys and without sealed rows."""
    import secrets

    from crm.patients.models import Patient
    from crm.staff.models import Clinic
    from privacy.pseudonyms.models import Subject
    from privacy.pseudonyms.rules import make_code

    clinic = Clinic.objects.get_or_create(name="测量用门诊")[0]
    codes = {make_code(secrets.randbelow) for _ in range(count)}
    while len(codes) < count:
        codes.add(make_code(secrets.randbelow))
    subjects = Subject.objects.bulk_create(Subject(code=code) for code in codes)
    return Patient.objects.bulk_create(
        Patient(id=one.pk, subject=one, clinic=clinic) for one in subjects
    )
