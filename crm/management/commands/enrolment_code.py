"""``manage.py enrolment_code``: for the first or the only security administrator of a clinic."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from crm.staff import enrolment
from privacy.errors import DomainError


class Command(BaseCommand):
    """Everybody else gets the code from a security administrator, under Staff."""

    help = (
        "Take away the second factors of the first or only security administrator and show the "
        "code to enrol a new one with, once. Refused while a colleague can do it. Audited."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("staff_no", help="staff number of the security administrator")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            code = enrolment.reset_at_server(staff_no=options["staff_no"])
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Enrolment code, good for 24 hours, not shown again: {code}")
