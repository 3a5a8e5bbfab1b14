"""Tells the demo clinic's past few weeks through the product's own services."""

from collections.abc import Iterator

from django.db import transaction

from crm.embedded.demo.staff import make_clinic, make_staff


@transaction.atomic
def tell() -> Iterator[str]:
    """Make everything in one transaction: a broken start leaves no half clinic behind."""
    clinic = make_clinic()
    staff = make_staff(clinic)
    yield f"{clinic.name}: {len(staff)} accounts"
