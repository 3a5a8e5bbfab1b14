"""First on a clinic's own server: lay the key canaries, open the clinic and one account."""

from argparse import ArgumentParser
from base64 import b32encode
from getpass import getpass
from io import StringIO
from typing import Any
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from crm.staff.models import Clinic, TotpDevice
from crm.staff.services import open_account
from privacy.access.policy import Role
from privacy.apps import lay_canaries
from privacy.custody import ledger_file
from privacy.pseudonyms.models import key_faults


class Command(BaseCommand):
    help = (
        "Open a clinic in an empty database, with one system administrator. Asks for the "
        "password; shows the second factor once. Needs the roots of the key tree."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the clinic's name")
        parser.add_argument("--site", default="", help="what the site is called, such as a floor")
        parser.add_argument("--staff-no", required=True, help="staff number to sign in with")
        parser.add_argument("--display-name", required=True, help="the administrator's own name")

    def handle(self, *_args: Any, **options: Any) -> None:
        if Clinic.objects.exists():
            raise CommandError("There is a clinic already; nothing was added.")
        lay_canaries()
        faults = key_faults()
        if faults:
            raise CommandError(f"Roots missing or not this database's: {', '.join(faults)}")
        try:
            ledger_file.lay()
        except ledger_file.LedgerBroken as error:
            raise CommandError(str(error)) from error
        seed = self._open(options, self._password())
        uri = sign_in_uri(options["staff_no"], seed)
        self.stdout.write(f"Opened {options['name']} with account {options['staff_no']}.")
        self.stdout.write("Scan this with an authenticator app now; it is not shown again:\n")
        picture = StringIO()
        segno.make(uri, error="m").terminal(picture, compact=True)
        self.stdout.write(picture.getvalue())
        self.stdout.write(uri)

    def _password(self) -> str:
        password = getpass("Password (12 characters or more): ")
        if password != getpass("The same again: "):
            raise CommandError("The two passwords differ; nothing was added.")
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return password

    @transaction.atomic
    def _open(self, options: dict[str, Any], password: str) -> str:
        clinic = Clinic.objects.create(name=options["name"], site_label=options["site"])
        _user, seed = open_account(
            clinic=clinic,
            staff_no=options["staff_no"],
            display_name=options["display_name"],
            role=Role.SYSTEM_ADMIN,
            password=password,
        )
        return seed


def sign_in_uri(staff_no: str, seed: str) -> str:
    """What authenticator apps scan; ``seed`` in hexadecimal as ``open_account`` hands it out."""
    issuer = settings.OTP_TOTP_ISSUER
    secret = b32encode(bytes.fromhex(seed)).decode()
    query = urlencode({"secret": secret, "issuer": issuer, "period": TotpDevice.STEP_SECONDS})
    return f"otpauth://totp/{quote(f'{issuer}:{staff_no}')}?{query}"
