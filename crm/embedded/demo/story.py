"""Tells the demo clinic's past few weeks through the product's own services."""

from collections.abc import Iterator

from django.db import transaction
from django.utils import timezone

from crm.embedded.demo import (
    access,
    alarms,
    arrivals,
    clearances,
    exports,
    fees,
    followups,
    guards,
    registry,
    talks,
)
from crm.embedded.demo.cast import guests
from crm.embedded.demo.staff import make_clinic, make_staff, sign_in_some
from privacy.audit.context import Origin, acting_from
from privacy.audit.unhurried import unhurried
from privacy.pseudonyms.models import key_scope
from privacy.records import new_id


def tell() -> Iterator[str]:
    """Make everything in one transaction: a broken start leaves no half clinic behind.

    Out: a line for the terminal after each part. Nothing is committed before the last one.
    """
    here = Origin(ip="127.0.0.1", agent="seed_demo", request_id=new_id())
    with unhurried(), transaction.atomic(), acting_from(here), key_scope():
        yield from _parts()


def _parts() -> Iterator[str]:
    clinic = make_clinic()
    staff = make_staff(clinic)
    yield f"{clinic.name}: {len(staff)} accounts"
    clearances.clear(staff)
    yield "Signatures, trainings and licences"
    sign_in_some()
    coming = guests(timezone.localdate())
    patients = registry.register(coming, staff=staff)
    arrivals.put_into_the_past(patients)
    registry.ask_consents(patients, staff=staff)
    registry.add_carers(patients, staff=staff)
    registry.set_stages(patients, staff=staff)
    yield f"{len(patients)} patients with their answers on consent"
    talks.hold_talks(patients, staff=staff)
    yield "Consultations"
    fees.fill_price_book(staff=staff)
    fees.draw_up(patients, staff=staff)
    yield "Price book and estimates"
    followups.start_plans(patients, staff=staff)
    followups.queue_some(patients)
    yield "Follow-up plans and messages"
    registry.change_minds(patients, staff=staff)
    registry.open_the_day(patients, coming, staff=staff)
    access.ask_around(patients, staff=staff)
    exports.ask_for_some(staff=staff)
    registry.look_around(patients, staff=staff)
    registry.close_records(patients, staff=staff)
    guards.watch_over(patients, staff=staff)
    alarms.set_off(patients, staff=staff)
    yield "Today's visits"
