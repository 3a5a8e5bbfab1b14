"""``manage.py demo_sign_ins``: who can sign in to the demo clinic, and with what."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from crm.staff.demo import demo_accounts, demo_password


class Command(BaseCommand):
    """Says nothing outside the demo clinic; the one-time code is on the sign-in page."""

    help = "List staff number, role and password of the demo clinic's accounts."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is not a demo clinic.")
        accounts = demo_accounts()
        if not accounts:
            return
        self.stdout.write("Demo sign-ins (one click each on the sign-in page):")
        for user in accounts:
            self.stdout.write(f"  {user.staff_no:<8}{user.role:<16}{demo_password(user.staff_no)}")
