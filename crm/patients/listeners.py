"""Connects the registry to the erasures below it; imported once."""

from crm.patients.services.erasing import forget_lookups
from privacy.custody.signals import zone_erased

zone_erased.connect(forget_lookups, dispatch_uid="registry")
