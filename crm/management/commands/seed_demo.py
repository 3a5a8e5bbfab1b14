"""Fill an empty database with the demo clinic."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.embedded.demo.story import tell
from crm.staff.models import Clinic


class Command(BaseCommand):
    help = "Fill an empty database with the demo clinic: staff of every role, patients, records."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is not a demo clinic (SUIAN_DEMO is off or forbidden).")
        if Clinic.objects.exists():
            raise CommandError("There is a clinic already; nothing was added.")
        for line in tell():
            self.stdout.write(line)
