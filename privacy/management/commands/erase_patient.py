"""``manage.py erase_patient``: destroy the keys of a patient's zone. There is no way back."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.custody import erasure, rotation
from privacy.errors import DomainError
from privacy.pseudonyms.models import Subject
from privacy.pseudonyms.rules import parse_code


class Command(BaseCommand):
    help = "Erase one zone of one patient's data by destroying its keys. There is no way back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", help="the patient's code")
        parser.add_argument("--zone", choices=rotation.ZONES, required=True)
        parser.add_argument("--reason", choices=erasure.REASONS, required=True)
        parser.add_argument("--repeat-code", required=True, help="the code again, typed anew")

    def handle(self, *_args: Any, **options: Any) -> None:
        code = parse_code(options["code"])
        if code is None or code != parse_code(options["repeat_code"]):
            raise CommandError("The two codes differ, or are none. Nothing was erased.")
        subject = Subject.objects.filter(code=code).first()
        if subject is None:
            raise CommandError("There is no patient with this code.")
        try:
            erasure.shred(
                subject=subject,
                zone=options["zone"],
                reason=options["reason"],
                process="erase_patient",
            )
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{code}: {options['zone']} erased")
