"""Builds a clinic with synthetic patients through the product's own models, sealed and indexed.

``python -m benchmarks.builder 100000`` fills the database of DATABASE_URL and prints, as JSON, a
session key for each role asked for and some registered phone numbers to look up.
"""

import json
import os
import random
import sys
import time
from datetime import date, timedelta
from typing import Any

BATCH = 2_000
PHONES = 200


def build(count: int) -> dict[str, object]:
    """Fill the database; returns what the measurement needs to sign in and to search."""
    from crm.patients.invented import People
    from crm.staff.models import Clinic, User
    from privacy.access.policy import Role
    from privacy.custody import index_width

    # Fingerprints as wide as an import, or the first night, makes them for so many.
    index_width.follow_plan(more=count, process="bench")
    clinic = Clinic.objects.get_or_create(name="测量用门诊")[0]
    staff = [
        User.objects.create_user(
            staff_no=f"b{role}", password=os.urandom(12).hex(), display_name=f"员工{role}",
            role=role, clinic=clinic, cleared_until=date.max,
        )
        for role in (Role.FRONT_DESK, Role.CONSULTANT, Role.NURSE)
    ]  # fmt: skip
    people = People(random.Random(7))
    phones: list[str] = []
    for start in range(0, count, BATCH):
        _batch(clinic, staff, people, range(start, min(start + BATCH, count)), count, phones)
    return {"sessions": {user.role: _session(user) for user in staff}, "phones": phones}


def _batch(
    clinic: Any, staff: list[Any], people: Any, numbers: range, count: int, phones: list[str]
) -> None:
    from django.utils import timezone

    from crm.patients.models import Patient, PatientClinical, PatientContact
    from crm.patients.rules import name_tokens, normalise_phone
    from crm.patients.team_models import CareTeamMember
    from privacy.pseudonyms.models import key_scope
    from privacy.pseudonyms.services import issue_subjects

    with key_scope():
        subjects = issue_subjects(count=len(numbers))
        patients = [
            Patient(id=one.pk, subject=one, clinic=clinic, registered_by=staff[0])
            for one in subjects
        ]
        Patient.objects.bulk_create(patients)
        contacts, clinical, team = [], [], []
        for number, patient in zip(numbers, patients, strict=True):
            person = people.person()
            contact = PatientContact(patient=patient)
            contact.set_name(person.name, name_tokens(person.name))
            contact.set_phone(normalise_phone(person.phone).value)
            contacts.append(contact)
            clinical.append(PatientClinical(patient=patient, chief_complaint="备孕咨询"))
            team.append(CareTeamMember(patient=patient, staff=staff[1 + number % 2]))
            if number % max(1, count // PHONES) == 0:
                phones.append(person.phone)
            # Registered over the years, not within a minute.
            patient.created_at = timezone.now() - timedelta(minutes=count - number)
        PatientContact.objects.bulk_create(contacts)
        PatientClinical.objects.bulk_create(clinical)
        CareTeamMember.objects.bulk_create(team)
        Patient.objects.bulk_update(patients, ["created_at"])


def _session(user: Any) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from crm.staff.session_store import SEEN, STARTED, SessionStore

    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "crm.staff.backends.StaffBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store[STARTED] = store[SEEN] = int(time.time())
    store.create()
    return str(store.session_key)


def main() -> int:
    import django

    django.setup()
    made = build(int(sys.argv[1]))
    sys.stdout.write(json.dumps(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
