"""``manage.py erase_patient``: destroy the keys that two people agreed on. There is no way back."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from crm.custody import erasing, selectors
from crm.staff.models import User
from privacy.access.policy import Permission
from privacy.errors import DomainError
from privacy.management.by_staff import add_staff, by_staff


class Command(BaseCommand):
    """For a request that was confirmed on the page while the keys could not be destroyed there."""

    help = "Carry out an erasure that was asked for and confirmed on the page Erasures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument("--request", type=UUID, required=True, help="as its page says")

    def handle(self, *_args: Any, **options: Any) -> None:
        needs = Permission.ASK_ERASURE
        with by_staff(options["staff"], permission=needs, process="erase_patient") as actor:
            keeper = User.objects.get(pk=actor.pk)
            asked = selectors.erasures_shown_to(keeper).filter(pk=options["request"]).first()
            if asked is None:
                raise CommandError("There is no such request in the clinic of this person.")
            try:
                erasing.carry_out(asked=asked, actor=keeper)
            except DomainError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(f"{asked.patient.code}: {asked.zone} erased")
