"""``manage.py prove_restore``: a restored copy is compared, and the day is written down."""

import os
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError

from privacy.custody import restoring

VARIABLE = "RESTORED_DATABASE_URL"


class Command(BaseCommand):
    help = (
        "Check that the database at RESTORED_DATABASE_URL (signed in as its owner) is a good copy "
        "of this one: keys, counts, trail. Changes nothing there; writes the proof here."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        url = os.environ.get(VARIABLE, "")  # not an argument: those are seen by every user
        if not url:
            raise CommandError(f"{VARIABLE} is not set.")
        try:
            proof = restoring.prove(url, process="prove_restore")
        except restoring.NotProved as error:
            raise CommandError(str(error)) from error
        except psycopg.Error as error:
            raise CommandError(f"The copy cannot be read: {type(error).__name__}") from error
        self.stdout.write(
            f"proved: {proof.subjects} patients, {proof.data_keys} data keys, "
            f"{proof.events} events up to {proof.as_of}, {proof.anchors} heads agree"
        )
