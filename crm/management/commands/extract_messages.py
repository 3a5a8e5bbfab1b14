"""``manage.py extract_messages``: bring the Chinese catalogue up to the sources, and compile it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Needs Babel (a development dependency). Prints what still has no translation."""

    help = "Collect messages into locale/zh_Hans, drop unused ones, compile. Lists what is missing."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from crm.web import catalogue
        except ImportError as error:
            raise CommandError("Babel is missing: install requirements/dev.txt") from error
        updated = catalogue.update(settings.BASE_DIR)
        catalogue.compile_all(settings.BASE_DIR)
        missing = catalogue.gaps(updated)
        for message in missing:
            self.stdout.write(f"not translated: {message}")
        self.stdout.write(f"{len(updated)} messages, {len(missing)} without a translation")
