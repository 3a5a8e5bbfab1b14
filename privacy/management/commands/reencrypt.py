"""``manage.py reencrypt``: a new data key for one patient, while the clinic works."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.access.policy import Permission
from privacy.actors import Actor
from privacy.custody import resealing, rotation
from privacy.errors import DomainError
from privacy.management.by_staff import add_staff, by_staff
from privacy.pseudonyms.models import Subject
from privacy.pseudonyms.rules import parse_code

PROCESS = "reencrypt"


class Command(BaseCommand):
    help = (
        "Seal all values of one patient with new data keys. Ten minutes later, run it with "
        "--finish to destroy the old ones. --other-algorithm does so for all patients whose values "
        "are not sealed by SEAL_ALGORITHM."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_staff(parser)
        parser.add_argument("--patient", metavar="CODE")
        parser.add_argument(
            "--other-algorithm", action="store_true", help="all patients sealed by another one"
        )
        parser.add_argument("--zone", choices=rotation.ZONES, help="this zone alone")
        parser.add_argument("--finish", action="store_true", help="destroy old keys, all patients")

    def handle(self, *_args: Any, **options: Any) -> None:
        ways = (options["finish"], bool(options["patient"]), options["other_algorithm"])
        if sum(ways) != 1:
            raise CommandError("Give one of --patient CODE, --other-algorithm and --finish.")
        needs = Permission.MANAGE_KEYS
        with by_staff(options["staff"], permission=needs, process=PROCESS) as actor:
            if options["finish"]:
                self._finish(actor)
            else:
                self._begin(actor, options)

    def _begin(self, actor: Actor, options: dict[str, Any]) -> None:
        zones = [options["zone"]] if options["zone"] else rotation.ZONES
        if options["other_algorithm"]:
            for zone in zones:
                for one in resealing.of_another_algorithm(zone):
                    self._reencrypt(one, zone, actor)
            return
        subject = Subject.objects.filter(code=parse_code(options["patient"])).first()
        if subject is None:
            raise CommandError("There is no patient with this code.")
        for zone in zones:
            self._reencrypt(subject, zone, actor)

    def _reencrypt(self, subject: Subject, zone: str, actor: Actor) -> None:
        try:
            tally = resealing.reencrypt(subject=subject, zone=zone, actor=actor)
        except DomainError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{subject.code} {zone}: {tally.resealed} values sealed anew, "
            f"{tally.overtaken} overtaken by an edit, {tally.unreadable} do not open"
        )

    def _finish(self, actor: Actor) -> None:
        for subject, zone in list(resealing.unfinished()):
            tally = resealing.finish(subject=subject, zone=zone, actor=actor)
            word = f"{tally.destroyed} old keys destroyed" if tally.destroyed else "still waiting"
            self.stdout.write(f"{subject.code} {zone}: {word}")
