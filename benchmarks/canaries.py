"""24 texts that must stay sealed, typed into a whole clinic, looked for in 14 places on disk.

``make bench ARGS="canaries"`` opens a clinic of its own (pages, worker, clock, SMS company), goes
through it with a real Chromium and a program, and then looks for every text, in four encodings, in
everything that was left anywhere. Each place is also given a planted text, which has to be found.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

from benchmarks.canary_hunt import journey
from benchmarks.canary_hunt.texts import Words, throw, with_secrets
from benchmarks.outcome import tell
from benchmarks.stage import adopt, leave_in_order
from crm.embedded.clinic import Clinic
from crm.embedded.console import Console
from crm.embedded.home import Home
from crm.embedded.keys import POSTGRES_PASSWORD, read_key
from crm.embedded.leaks import Canary, dump, hunt
from crm.embedded.postgres import SUPERUSER
from crm.embedded.processes import free_ports

SEED = 20261122
PLANTED = "随安植入的一段明文"
LOGS = ("web", "worker", "beat", "postgres")


@contextmanager
def open_clinic(folder: Path) -> Iterator[tuple[Clinic, str]]:
    """A clinic without demo data, durable, its temporary files in ``folder / "temp"``."""
    for name in ("DATABASE_URL", "REDIS_URL", "DATABASE_OWNER_URL"):
        os.environ.pop(name, None)
    temp = folder / "temp"
    temp.mkdir()
    os.environ |= {"SUIAN_DEMO": "0", "TMPDIR": str(temp), "CLINIC_OPEN_FROM": "0"}
    os.environ |= {"DJANGO_SETTINGS_MODULE": "crm.settings.local", "CLINIC_OPEN_UNTIL": "24"}
    tempfile.tempdir = str(temp)
    home = Home(folder / "state")
    home.create()
    clinic = Clinic(home, Console(sys.stderr))
    (port,) = free_ports(1)
    try:
        clinic.open_servers()
        clinic.set_up()
        yield clinic, clinic.open_pages(port).rstrip("/")
    finally:
        clinic.close()


def hire(words: Words) -> tuple[dict[str, Any], str]:
    """One front desk and one consultant with the canary password, and an API token's secret."""
    from crm.messaging.services import ensure_shipped_templates
    from crm.staff.models import Clinic as Site
    from crm.staff.services import issue_token, open_account
    from privacy.access.policy import Permission, Role
    from tests.factories.people import through_the_gate

    ensure_shipped_templates()
    site = Site.objects.create(name="江岸院区", site_label="一楼前台")
    staff = {}
    for role in (Role.FRONT_DESK, Role.CONSULTANT, Role.DOCTOR, Role.NURSE):
        user, _seed = open_account(
            clinic=site, staff_no=role.value, display_name=f"{role.label}甲", role=role,
            password=words["password"],
        )  # fmt: skip
        staff[role.value] = through_the_gate(user)
    _token, secret = issue_token(
        user=staff["front_desk"], name="x", scopes=[Permission.REGISTER_PATIENT],
        lifetime=timedelta(days=1),
    )  # fmt: skip
    return staff, secret


def code_of(user: Any) -> str:
    from crm.staff.services import codes_around

    return f"{codes_around(user.totp)[1][1]:06d}"


def seed_of(user: Any) -> str:
    """The second factor's seed as its owner typed it in."""
    return str(user.totp.generator().key.hex())


def draft(patient: Any, consultant: Any, words: Words) -> None:
    """What is only typed while a talk goes on."""
    from tests.factories.consultations import draft_of

    talk = draft_of(patient, consultant)
    talk.unsent, talk.note = words["draft line"], words["draft note"]
    talk.keyword, talk.department = words["search phrase"], words["department"]
    talk.save()


def walk(folder: Path, url: str, words: Words) -> tuple[Words, list[str]]:
    """The whole journey. Out: the words with the secrets made on the way; what refusals said."""
    from crm.patients.models import Patient

    staff, token = hire(words)
    steps = journey.Walk(url, words, folder)
    desk, talker = staff["front_desk"], staff["consultant"]
    with steps.browser(folder / "profile-desk", "front_desk", code_of(desk)) as page:
        code = journey.at_the_desk(page, words)
        session = next(one["value"] for one in page.context.cookies() if "session" in one["name"])
    with steps.browser(folder / "profile-consultant", "consultant", code_of(talker)) as page:
        journey.talk(page, code, words)
        journey.estimate(page, code, words)
    steps.kept += journey.by_api(url, token, words)
    draft(Patient.objects.get(subject__code=code), talker, words)
    made = with_secrets(words, seed=seed_of(desk), token=token, session=session)
    return made, steps.kept


def queue_bodies(url: str) -> bytes:
    """Every key of Valkey with what it holds."""
    lines = []
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter("*"):
            kind = client.type(key)
            held: Any = {
                b"string": lambda key=key: client.get(key),
                b"list": lambda key=key: client.lrange(key, 0, -1),
                b"set": lambda key=key: client.smembers(key),
                b"hash": lambda key=key: client.hgetall(key),
                b"zset": lambda key=key: client.zrange(key, 0, -1),
            }.get(bytes(kind), lambda key=key: client.dump(key))()
            parts = held if isinstance(held, list | set) else [held]
            lines += [b"%s %s" % (key, _bytes(part)) for part in parts]
    return b"\n".join(lines)


def _bytes(part: Any) -> bytes:
    return part if isinstance(part, bytes) else repr(part).encode()


def exports(folder: Path) -> None:
    """What leaves the clinic as files: the trail as a table, and the sealed month, unpacked."""
    from crm.staff.models import Clinic as Site
    from crm.staff.services import open_account
    from crm.trail import services
    from crm.trail.selectors import Filter
    from privacy.access.policy import Role
    from privacy.audit.exporting import Bundle, span_of
    from privacy.audit.packing import into_folder
    from privacy.audit.sealing import seal_once
    from tests.factories.people import through_the_gate

    folder.mkdir()
    auditor, _seed = open_account(
        clinic=Site.objects.get(), staff_no="auditor", display_name="审计甲", role=Role.AUDITOR,
        password=os.urandom(12).hex(),
    )  # fmt: skip
    through_the_gate(auditor)
    table = services.export(viewer=auditor, wanted=Filter(), reason="演练")
    (folder / "trail.csv").write_bytes(b"".join(table))
    while seal_once().more:
        continue
    into_folder(Bundle(span_of(f"{timezone_now():%Y-%m}")), folder)


def timezone_now() -> datetime:
    """Now in clinic time: months are clinic time."""
    from django.utils import timezone

    return timezone.localtime()


def plant(clinic: Clinic, folder: Path) -> None:
    """A text in every place; what a server writes itself gets it through the server."""
    with psycopg.connect(clinic.addresses.owner_database, autocommit=True) as owner:
        owner.execute("CREATE TABLE planted (text text)")
        owner.execute("INSERT INTO planted VALUES (%s)", [PLANTED])
    with redis.Redis.from_url(clinic.addresses.redis) as client:
        client.set("planted", PLANTED)
    files = [clinic.home.logs / f"{name}.log" for name in LOGS]
    files += [folder / "profile-desk" / "Planted", folder / "temp" / "planted"]
    files += [folder / "errors" / "planted", folder / "exports" / "planted"]
    for file in files:
        with file.open("a") as stream:
            stream.write(f"{PLANTED}\n")


def collect(clinic: Clinic, folder: Path) -> dict[str, list[Path]]:
    """The places with all their files; the servers are asked to write down what they hold."""
    home = clinic.home
    url = clinic.addresses.owner_database
    superuser = clinic.addresses.app_database
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("ANALYZE")
    dump(home, superuser, folder / "dump.sql")
    (folder / "queue").write_bytes(queue_bodies(clinic.addresses.redis))
    shutil.copytree(home.postgres, folder / "backup", ignore=shutil.ignore_patterns("*.pid"))
    return {
        "data files": files_in(home.postgres, but="pg_wal"),
        "log of changes (WAL)": files_in(home.postgres / "pg_wal"),
        "dump": [folder / "dump.sql"],
        "backup": files_in(folder / "backup"),
        "Valkey's file": files_in(home.valkey),
        "queue bodies": [folder / "queue"],
        **{f"log of {name}": [home.logs / f"{name}.log"] for name in LOGS},
        "browser profile": [
            file for one in folder.glob("profile-*") for file in files_in(one)
        ],
        "temporary files": files_in(folder / "temp"),
        "error pages": files_in(folder / "errors"),
        "exports": files_in(folder / "exports"),
    }  # fmt: skip


def files_in(folder: Path, *, but: str = "") -> list[Path]:
    return [
        path for path in folder.rglob("*") if path.is_file() and (not but or but not in path.parts)
    ]


def search(sinks: dict[str, list[Path]], words: Words) -> tuple[list[str], list[str]]:
    """Hits as "text in place", and the places where the planted text is not found."""
    hits, blind = [], []
    planted = Canary("planted", PLANTED)
    for place, files in sinks.items():
        found = {one.origin for one in hunt([*words.canaries(), planted], files)}
        if "planted" not in found:
            blind.append(place)
        hits += [f"{one} in {place}" for one in sorted(found - {"planted"})]
    return hits, blind


def rehearse(folder: Path, words: Words) -> tuple[int, int, list[str], list[str]]:
    """Walk, collect, look. Out: texts, places, hits, blind places."""
    with open_clinic(folder) as (clinic, url):
        adopt(clinic.variables)
        words, refusals = walk(folder, url, words)
        (folder / "errors").mkdir()
        (folder / "errors" / "refusals").write_text("\n".join(refusals))
        exports(folder / "exports")
        plant(clinic, folder)
        with psycopg.connect(superuser_url(clinic), autocommit=True) as server:
            server.execute("CHECKPOINT")
        sinks = collect(clinic, folder)
        hits, blind = search(sinks, words)
    return len(words.by_place), len(sinks), hits, blind


def superuser_url(clinic: Clinic) -> str:
    at = urlsplit(clinic.addresses.owner_database)
    password = read_key(clinic.home, POSTGRES_PASSWORD)
    return at._replace(netloc=f"{SUPERUSER}:{password}@{at.hostname}:{at.port}").geturl()


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a text lies anywhere in the clear, or a planted one is not found."""
    parser = argparse.ArgumentParser(prog="canaries", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    leave_in_order()
    folder = Path(tempfile.mkdtemp(prefix="suian-canaries-"))
    try:
        texts, places, hits, blind = rehearse(folder, throw(asked.seed))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for hit in hits:
        print(f"  LEAK: {hit}")
    cases = texts * places
    told = (
        f"{texts} texts x {places} places: {len(hits)} hits; "
        f"planted and found in {places - len(blind)} of {places} {blind or ''}"
    )
    return tell(cases - len(hits) - len(blind) * texts, cases, told)


if __name__ == "__main__":
    sys.exit(main())
