"""``manage.py seal_roots``: roots become transit ciphertexts; the plain files can then go."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from privacy.custody import sealed_roots

NAMES = ("contact", "clinical", "audit")


class Command(BaseCommand):
    help = (
        "Write roots as ciphertexts of Vault's transit engine into ROOT_FILES_DIR. With --renew, "
        "put those that are there under the newest version of the transit key."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", default=NAMES, help="which; contact clinical audit")
        parser.add_argument("--from", dest="folder", help="folder of the plain .root files")
        parser.add_argument("--renew", action="store_true")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["renew"] == bool(options["folder"]):
            raise CommandError("Give either --from FOLDER or --renew.")
        try:
            for name in options["names"]:
                if options["renew"]:
                    before, after = sealed_roots.renew_root(name)
                    self.stdout.write(f"{name}: {before} is now {after}")
                else:
                    path = sealed_roots.seal_from_folder(name, options["folder"])
                    self.stdout.write(f"{name}: {path} written and proved")
        except FileExistsError as error:
            raise CommandError(f"{error} is there already; nothing replaces it.") from error
        except (ImproperlyConfigured, OSError) as error:
            raise CommandError(str(error)) from error
