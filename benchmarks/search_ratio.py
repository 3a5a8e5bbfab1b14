"""Search among a million sealed patients against the same search in plain text (goals 6 and 7).

Both sides are the product's statement: visible patients, codes joined, the newest 51. The product's
side fetches and unwraps keys, opens every candidate and compares. The event of the search is not
on the clock here; what a trail costs is goals 8 to 10.
"""

import os
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

from benchmarks.ratios import Case, Figure, Goal, Size, in_turn, run_alone, timed

PATIENTS, BATCH = 1_000_000, 10_000
OURS, PLAIN = "product", "plain"
TABLES = (
    "privacy_subject", "privacy_subjectkey", "crm_patient", "crm_patientcontact",
    "twins_plaincontact",
)  # fmt: skip


def measure(size: Size) -> list[Goal]:
    """Fill both, then ask in turn: a phone that somebody has, two characters that a name holds."""
    from crm.search.rules import By, Query

    count = size.rows or size.of(PATIENTS, 300)
    known = fill(count)
    staff, dice = _front_desk(), random.Random(11)
    phones = dice.sample([contact["phone"] for contact in known], min(200, len(known)))
    names = [one["name"][-2:] for one in dice.sample(known, min(200, len(known)))]
    exact = in_turn(_cases(staff, By.PHONE, "phone", phones), replace(size, turns=size.of(100, 3)))
    part = in_turn(
        _cases(staff, By.NAME, "name__contains", names), replace(size, turns=size.of(20, 3))
    )
    false = sum(_false_hits(staff, Query(By.NAME, name)) for name in names[: size.of(200, 5)])
    times = [_times("phone", exact), _times("name", part)]
    return [
        Goal(
            6,
            f"exact phone at {count:,}",
            [exact.latency("p50, times plain btree", OURS, PLAIN, 1.25)],
            times[:1],
        ),
        Goal(
            7,
            f"2 characters of a name at {count:,}",
            [
                part.latency("p50, times LIKE", OURS, PLAIN, 0.05),
                Figure("p95, ms", part.milliseconds(OURS, 0.95), 5, at_least=False),
                Figure("false hits shown", false, 0, at_least=False),
            ],
            times[1:],
        ),
    ]


def _times(what: str, turns: Any) -> str:
    return "; ".join(f"{what}, {name}: {turns.times(name)}" for name in turns.seconds)


def _cases(staff: Any, by: Any, lookup: str, values: list[str]) -> dict[str, Case]:
    from benchmarks.twins.models import PlainContact
    from crm.patients.models import Patient
    from crm.search.rules import Query

    dice = random.Random(13)

    def plain() -> float:
        value = dice.choice(values)
        found = PlainContact.objects.filter(
            **{lookup: value}, patient__in=Patient.objects.visible_to(staff)
        )
        newest = found.select_related("patient__subject").order_by("-created_at")
        return timed(lambda: list(newest[:51]))

    def ours() -> float:
        query = Query(by, dice.choice(values))
        return timed(lambda: _fitting(staff, query))

    return {PLAIN: plain, OURS: ours}


def _fitting(staff: Any, query: Any) -> list[Any]:
    from django.db import transaction

    from crm.search import selectors, services
    from privacy.audit import services as audit

    with transaction.atomic(), mock.patch.object(audit, "_insert"):
        candidates = selectors.contacts_that_may_match(staff, query)
        fits: list[Any] = services.fitting(query, candidates[: selectors.MOST])[0]
        return fits


def _false_hits(staff: Any, query: Any) -> int:
    from benchmarks.twins.models import PlainContact

    shown = [contact.patient_id for contact in _fitting(staff, query)]
    real = PlainContact.objects.filter(patient_id__in=shown, name__contains=query.value).count()
    return len(shown) - real


def _front_desk() -> Any:
    from crm.staff.models import Clinic, User
    from privacy.access.policy import Role

    return User.objects.create_user(
        staff_no="bench-search", password=random.Random(2).randbytes(12).hex(), display_name="员工",
        role=Role.FRONT_DESK, clinic=Clinic.objects.get(),
    )  # fmt: skip


# --- filling -----------------------------------------------------------------------------------


def fill(count: int) -> list[dict[str, str]]:
    """Patients with name and phone in both forms, by COPY; returns what is known of them.

    The net of triggers is lifted for it: a million notes are nobody's measure here.
    """
    import psycopg

    from benchmarks.people import known_people
    from crm.staff.models import Clinic
    from privacy.custody import index_width
    from privacy.records import store_many

    index_width.follow_plan(more=count, process="bench")
    clinic = Clinic.objects.get_or_create(name="测量用门诊")[0]
    known = [one.contact for one in known_people(min(count, 50_000))]
    dice, shown = random.Random(17), []
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for start in range(0, count, BATCH):
            people = [_person(dice, known) for _ in range(min(BATCH, count - start))]
            for rows in _rows(clinic, people):
                store_many(rows)
            shown += people[:200]
        for table in TABLES:
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner.execute("VACUUM ANALYZE")
    return shown


def _person(dice: random.Random, known: list[dict[str, str]]) -> dict[str, str]:
    """Names as drawn; a phone of their own."""
    name = dice.choice(known)["name"]
    return {"name": name, "phone": f"+861{dice.randrange(3_000_000_000, 9_999_999_999)}"}


def _rows(clinic: Any, people: list[dict[str, str]]) -> Iterator[list[Any]]:
    import secrets

    from benchmarks.twins.models import PlainContact
    from crm.patients.models import Patient, PatientContact
    from crm.patients.rules import name_tokens
    from privacy.encryption import keyring
    from privacy.encryption.models import SubjectKey
    from privacy.pseudonyms.models import Subject, key_scope
    from privacy.pseudonyms.rules import make_code

    codes = {make_code(secrets.randbelow) for _ in people}
    subjects = [Subject(code=code) for code in codes]
    people = people[: len(subjects)]
    yield subjects
    keys = SubjectKey.issue(one.pk for one in subjects)
    yield keys
    patients = [Patient(id=one.pk, subject=one, clinic=clinic) for one in subjects]
    yield patients
    yield [PlainContact(patient=one, **each) for one, each in zip(patients, people, strict=True)]
    with key_scope():
        keyring.remember(keys)
        contacts = []
        for patient, person in zip(patients, people, strict=True):
            contact = PatientContact(patient=patient)
            contact.set_name(person["name"], name_tokens(person["name"]))
            contact.set_phone(person["phone"])
            contacts.append(contact)
        yield contacts


def main() -> int:
    return run_alone("benchmarks.search_ratio")


if __name__ == "__main__":
    sys.exit(main())
