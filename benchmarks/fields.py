"""Sealed fields against plain ones and against the fields of others (goals 1, 3, 4 and the model
layer of 5). One patient is both sealed rows with all seven values; the product's side makes the
two data keys and the blind indexes as well. All tables stand under the net of triggers.
"""

import sys
from collections.abc import Callable
from itertools import cycle
from typing import Any

from benchmarks.ratios import Case, Figure, Goal, Size, Turns, in_turn, run_alone, timed

BATCH, SINGLES, PAGE = 500, 20, 50
PLAIN, OURS = "plain", "product"
People = list[Any]


def measure(size: Size) -> list[Goal]:
    """Create in bulk and one by one, read all, read a page; each case in turn."""
    from benchmarks.people import known_people

    people = known_people(size.of(BATCH, 10))
    kinds = _kinds()
    bulk = in_turn({name: _creating(bulk_of(kind), people) for name, kind in kinds.items()}, size)
    few = people[: size.of(SINGLES, 3)]
    single = in_turn({name: _creating(one_by_one(kind), few) for name, kind in kinds.items()}, size)
    reading = in_turn(_reading(kinds, len(people)), size)
    page = in_turn(_page(kinds, size.of(PAGE, 5)), size)
    peers = [name for name in kinds if name not in {PLAIN, OURS}]
    rows = len(people)
    return [
        Goal(1, "bulk create", _figures(bulk, peers, 0.85, 2.3), _rates(bulk, rows)),
        Goal(3, "single create", _figures(single, [], 0.85, 0), _rates(single, len(few))),
        Goal(4, "read all fields", _figures(reading, peers, 0.6, 3.5), _rates(reading, rows)),
        Goal(5, "page of 50, models", _figures(page, [], 0.75, 0), _rates(page, size.of(PAGE, 5))),
    ]


def _figures(turns: Turns, peers: list[str], plain: float, peer: float) -> list[Figure]:
    figures = [turns.figure("times plain", OURS, PLAIN, plain)]
    figures += [turns.figure(f"times {name}", OURS, name, peer) for name in peers]
    return figures


def _rates(turns: Turns, rows: int) -> list[str]:
    rates = {name: 1000 * rows / turns.milliseconds(name) for name in turns.seconds}
    return [f"{name}: {rate:,.0f} patients/s" for name, rate in rates.items()]


# --- what one patient is, kind by kind ---------------------------------------------------------


class Twin:
    """A patient in two rows of text: in plain, or by the fields of a peer."""

    def __init__(self, contact: type[Any], clinical: type[Any]) -> None:
        self.contact, self.clinical = contact, clinical

    def keys(self, patients: People) -> None:
        """There are none of their own."""

    def store(self, rows: list[Any]) -> None:
        type(rows[0]).objects.bulk_create(rows)

    def rows(self, patient: Any, known: Any) -> tuple[Any, Any]:
        return (
            self.contact(patient=patient, **known.contact),
            self.clinical(patient=patient, **known.clinical),
        )

    def open(self, rows: list[Any], names: tuple[str, ...], _receipt: Any) -> int:
        return sum(len(getattr(row, name)) for row in rows for name in names)


class Product(Twin):
    """A patient as the product stores it."""

    def __init__(self) -> None:
        from crm.patients.models import PatientClinical, PatientContact

        super().__init__(PatientContact, PatientClinical)

    def keys(self, patients: People) -> None:
        from privacy.encryption import keyring
        from privacy.encryption.models import SubjectKey

        keys = SubjectKey.issue(one.pk for one in patients)
        self.store(keys)
        keyring.remember(keys)

    def rows(self, patient: Any, known: Any) -> tuple[Any, Any]:
        from crm.patients.rules import name_tokens

        contact = self.contact(patient=patient)
        contact.set_name(known.contact["name"], name_tokens(known.contact["name"]))
        contact.set_phone(known.contact["phone"])
        contact.set_id_number(known.contact["id_number"])
        return contact, self.clinical(patient=patient, **known.clinical)

    def open(self, rows: list[Any], names: tuple[str, ...], receipt: Any) -> int:
        return sum(len(getattr(row, name).reveal(receipt)) for row in rows for name in names)


def _kinds() -> dict[str, Twin]:
    from benchmarks.twins.models import PlainClinical, PlainContact, peers

    others = {name: Twin(*models) for name, models in peers.items()}
    return {PLAIN: Twin(PlainContact, PlainClinical), OURS: Product(), **others}


# --- slices ------------------------------------------------------------------------------------


def bulk_of(kind: Twin) -> Callable[[People, People], None]:
    """One statement a table and batch, in one transaction."""

    def act(patients: People, people: People) -> None:
        from django.db import transaction

        with transaction.atomic():
            kind.keys(patients)
            pairs = [kind.rows(*pair) for pair in zip(patients, people, strict=True)]
            kind.store([one for one, _ in pairs])
            kind.store([one for _, one in pairs])

    return act


def one_by_one(kind: Twin) -> Callable[[People, People], None]:
    """One transaction a patient."""

    def act(patients: People, people: People) -> None:
        from django.db import transaction

        for patient, known in zip(patients, people, strict=True):
            with transaction.atomic():
                kind.keys([patient])
                for row in kind.rows(patient, known):
                    row.save(force_insert=True)

    return act


def _creating(act: Callable[[People, People], None], people: People) -> Case:
    def slice_of_it() -> float:
        from benchmarks.people import bare_patients
        from privacy.pseudonyms.models import key_scope

        patients = bare_patients(len(people))  # not on the clock: both sides have them
        with key_scope():
            return timed(lambda: act(patients, people))

    return slice_of_it


def _reading(kinds: dict[str, Twin], count: int) -> dict[str, Case]:
    """All seven values of ``count`` patients that are there from the creating."""
    from benchmarks.twins.models import CLINICAL, CONTACT

    def case(kind: Twin) -> Case:
        ids = list(kind.contact.objects.values_list("patient_id", flat=True)[:count])

        def act(receipt: Any) -> None:
            contacts = list(kind.contact.objects.filter(patient_id__in=ids))
            clinical = list(kind.clinical.objects.filter(patient_id__in=ids))
            kind.open(contacts, CONTACT, receipt)
            kind.open(clinical, CLINICAL, receipt)

        return _with_receipt(act, ids)

    return {name: case(kind) for name, kind in kinds.items()}


def _page(kinds: dict[str, Twin], count: int) -> dict[str, Case]:
    """Name and phone of the patients of one page; a slice is ten pages."""

    def case(kind: Twin) -> Case:
        ids = list(kind.contact.objects.values_list("patient_id", flat=True)[: count * 10])
        pages = cycle(ids[start : start + count] for start in range(0, len(ids), count))

        def slice_of_it() -> float:
            def act(receipt: Any) -> None:
                rows = list(kind.contact.objects.filter(patient_id__in=page))
                kind.open(rows, ("name", "phone"), receipt)

            taken = 0.0
            for page, _ in zip(pages, range(10), strict=False):
                taken += _with_receipt(act, page)()
            return taken

        return slice_of_it

    return {name: case(kind) for name, kind in kinds.items()}


def _with_receipt(act: Callable[[Any], None], ids: list[Any]) -> Case:
    """The event that opens the values stands before the clock starts: what a trail costs is
    measured elsewhere. The keys are cold: each slice fetches and unwraps them."""

    def slice_of_it() -> float:
        from django.db import transaction

        from crm.patients.events import PatientEvent
        from crm.patients.models import Patient
        from privacy.audit import services as audit

        fields = {"patientcontact": "name phone id_number"}
        fields["patientclinical"] = "chief_complaint sex birth_year marital_status"
        with transaction.atomic():
            receipt = audit.record(
                PatientEvent.COMPARED,
                process="bench",
                subjects=Patient.objects.filter(pk__in=ids).select_related("subject"),
                fields=[f"{model}.{one}" for model in fields for one in fields[model].split()],
            )
            return timed(lambda: act(receipt))

    return slice_of_it


def main() -> int:
    return run_alone("benchmarks.fields")


if __name__ == "__main__":
    sys.exit(main())
