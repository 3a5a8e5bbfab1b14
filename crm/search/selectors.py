"""Candidates of a search among the patients that the viewer may see. Nothing is opened here."""

from typing import Final

from crm.patients.models import PatientContact, PatientContactQuerySet
from crm.patients.rules import query_tokens
from crm.search.rules import By, Query
from crm.staff.models import User

MOST: Final = 50  # of those with a part of a name
MOST_ALIKE: Final = 1000  # with one fingerprint: all are compared, and the planner keeps them few


def contacts_that_may_match(staff: User, query: Query) -> list[PatientContact]:
    """Contacts by fingerprint, newest first, one more than are compared: one indexed statement."""
    found = _by(query).visible_to(staff).select_related("patient__subject")
    newest = found.order_by("-created_at")
    return list(newest[: most_of(query) + 1])


def most_of(query: Query) -> int:
    """How many candidates are compared."""
    return MOST if query.by == By.NAME else MOST_ALIKE


def _by(query: Query) -> PatientContactQuerySet:
    contacts = PatientContact.objects
    if query.by == By.PHONE:
        return contacts.may_have_phone(query.value)
    if query.by == By.ID_NUMBER:
        return contacts.may_have_id_number(query.value)
    return contacts.may_be_named(query_tokens(query.value))
