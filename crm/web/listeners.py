"""Connects what the pages remember to the erasures below; imported once."""

from crm.web.services import forget_answers
from privacy.custody.signals import zone_erased

zone_erased.connect(forget_answers, dispatch_uid="answers")
