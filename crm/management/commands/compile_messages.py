"""``manage.py compile_messages``: make the binary catalogue that gettext reads."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Needs Babel (a development dependency); the product itself only reads the result."""

    help = "Compile locale/zh_Hans/LC_MESSAGES/django.po with Babel."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            from crm.web import catalogue
        except ImportError as error:
            raise CommandError("Babel is missing: install requirements/dev.txt") from error
        self.stdout.write(str(catalogue.compile_all(settings.BASE_DIR)))
