"""``manage.py prove_restore``: a restored copy is compared, and the day is written down."""

import os
from argparse import ArgumentParser
from typing import Any

import psycopg
from django.core.management.base import BaseCommand, CommandError

from privacy.access.policy import Permission
from privacy.custody import restoring
from privacy.management.by_staff import add_staff, by_staff

VARIABLE = "RESTORED_DATABASE_URL"


class Command(BaseCommand):
    help = (
        "Check that the database at RESTORED_DATABASE_URL (signed in as its owner) is a good copy "
        "of this one: keys, counts, trail. Changes nothing there; writes the proof here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        url = os.environ.get(VARIABLE, "")  # not an argument: those are seen by every user
        if not url:
            raise CommandError(f"{VARIABLE} is not set.")
        needs = Permission.MANAGE_KEYS
        with by_staff(options["staff"], permission=needs, process="prove_restore") as actor:
            try:
                proof = restoring.prove(url, actor=actor)
            except restoring.NotProved as error:
                raise CommandError(str(error)) from error
            except psycopg.Error as error:
                raise CommandError(f"The copy cannot be read: {type(error).__name__}") from error
        self.stdout.write(
            f"proved: {proof.subjects} patients, {proof.data_keys} data keys, "
            f"{proof.events} events up to {proof.as_of}, {proof.anchors} heads agree"
        )
