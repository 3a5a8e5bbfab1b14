"""A thief has the whole database and the whole Valkey, and no key: what does it learn?

``make bench ARGS="stolen_dump --patients 2000"`` registers synthetic patients, opens accounts with
second factors and sessions, then writes down every row of every table and every key of Valkey as a
dump would. A process without any key looks through it for each name, each phone (in five
spellings, hex, base64 and by common hashes), each seed of a second factor and each live session,
and tries whatever looks like a session key as one. What stood there before the patients came (the
wording of the product) is no find. One name and one phone are planted in the clear: the thief has
to find these, or it is no thief. Then it guesses 10,000 phones against the fingerprints: by every
function that needs no key it must do no better than chance, so that each guess leaves every
patient a candidate. (Who holds the root can compute them; who holds the root can read anyway. How
few candidates a fingerprint then leaves is told, not judged: ``least_with_root``.)
"""

import argparse
import base64
import hashlib
import hmac
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from benchmarks.databases import with_database
from benchmarks.figures import conclude
from benchmarks.stage import adopt, fresh_database, inside

DATABASE, PATIENTS, GUESSES, PEOPLE_SEED = "suian_bench_dump", 2_000, 10_000, 7
QUEUE = "bench_stolen_dump"
PLANTED_NAME, PLANTED_PHONE = "欧阳试探", "13900001234"
KEYLESS = ("PATH", "HOME", "LANG", "PYTHONPATH", "VIRTUAL_ENV")
BY_CHANCE = 5.0  # standard deviations that pure luck stays below
Truth = dict[str, list[str]]


# --- the thief: the standard library, a folder, and what it wants to know about -----------------


def spellings(word: str) -> Iterator[bytes]:
    """How a word may stand in a dump without being sealed."""
    raw = word.encode()
    yield raw
    yield raw.hex().encode()
    yield base64.b64encode(raw).rstrip(b"=")
    yield word.encode("unicode-escape")
    if word.isdigit():
        yield f"{word[:3]} {word[3:7]} {word[7:]}".encode()
        yield f"{word[:3]}-{word[3:7]}-{word[7:]}".encode()
        for form in (word, f"+86{word}", f"86{word}"):
            yield from (hash_(form.encode()).hexdigest().encode() for hash_ in HASHES.values())


HASHES: Mapping[str, Callable[..., Any]] = {
    "md5": hashlib.md5,
    "sha1": hashlib.sha1,
    "sha256": hashlib.sha256,
}


def attack(folder: Path) -> None:
    """Look for everything; leave what was found, as numbers, in ``found.json``."""
    before = (folder / "before.dump").read_bytes()
    dump = (folder / "after.dump").read_bytes() + (folder / "valkey.dump").read_bytes()
    wanted: Truth = json.loads((folder / "wanted.json").read_text())
    found = {
        kind: [word for word in words if _stands(word, dump) and not _stands(word, before)]
        for kind, words in wanted.items()
    }
    keys = sorted(set(re.findall(rb"\b[a-z0-9]{20,64}\b", dump)))
    pairs = json.loads((folder / "pairs.json").read_text())
    left = {"found": found, "tried": [key.decode() for key in keys], "guessing": guess(pairs)}
    (folder / "found.json").write_text(json.dumps(left, ensure_ascii=False))


def _stands(word: str, dump: bytes) -> bool:
    return any(one in dump for one in spellings(word))


def guess(pairs: list[tuple[str, int]]) -> dict[str, float]:
    """How many standard deviations better than chance each keyless function guesses."""
    most = max(index for _phone, index in pairs)
    bits = most.bit_length()
    share = 1 / 2**bits
    usual = (len(pairs) * share * (1 - share)) ** 0.5
    scores = {}
    for name, function in _keyless().items():
        right = sum(
            int.from_bytes(function(phone), "big") >> (8 * len(function(phone)) - bits) == index
            or int.from_bytes(function(phone), "big") % 2**bits == index
            for phone, index in pairs
        )
        scores[name] = round((right - 2 * len(pairs) * share) / (usual * 2**0.5), 2)
    return scores


def _keyless() -> dict[str, Callable[[str], bytes]]:
    functions: dict[str, Callable[[str], bytes]] = {}
    for name, hash_ in HASHES.items():
        for prefix in ("", "+86"):
            functions[f"{name} {prefix}"] = lambda phone, h=hash_, p=prefix: h(
                f"{p}{phone}".encode()
            ).digest()
            for key in (b"", b"phone", b"suian", bytes(32)):
                functions[f"hmac {name} {prefix} {key[:5]!r}"] = (
                    lambda phone, n=name, k=key, p=prefix: hmac.digest(k, f"{p}{phone}".encode(), n)
                )
    return functions


# --- the clinic that is robbed -----------------------------------------------------------------


def write_down(owner: str, file: Path) -> None:
    """Every row of every table as COPY writes it, bytes as hex: what a dump is made of."""
    tables = (
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema') "
        "AND n.nspname NOT LIKE 'pg_toast%' ORDER BY 1, 2"
    )
    with psycopg.connect(owner, autocommit=True) as connection, file.open("wb") as out:
        for names in connection.execute(tables).fetchall():
            out.write(f"\n-- {'.'.join(names)}\n".encode())
            copy = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(*names))
            with connection.cursor().copy(copy) as rows:
                for row in rows:
                    out.write(bytes(row))


def write_valkey_down(file: Path) -> int:
    """Every key with its value as Valkey dumps it. Out: how many."""
    import redis

    store, count = redis.Redis.from_url(os.environ["REDIS_URL"]), 0
    with file.open("wb") as out:
        for key in store.scan_iter(count=1_000):
            out.write(key + b"\n" + (store.dump(key) or b"") + b"\n")
            count += 1
    return count


def fill(patients: int) -> tuple[Truth, list[str]]:
    """Patients, accounts, sessions. Out: what nobody may find, and the live session keys."""
    from benchmarks.builder import build
    from crm.patients.invented import People
    from crm.staff.models import Clinic
    from crm.staff.services import open_account

    built: Any = build(patients)
    people = People(random.Random(PEOPLE_SEED))  # as the builder throws them
    persons = [people.person() for _ in range(patients)]
    clinic, seeds = Clinic.objects.get(), []
    for number in range(20):
        _user, seed = open_account(
            clinic=clinic, staff_no=f"t{number}", display_name="某员工", role="nurse",
            password=os.urandom(12).hex(),
        )  # fmt: skip
        seeds.append(seed if isinstance(seed, str) else bytes(seed).hex())
    sessions = list(built["sessions"].values())
    truth = {
        "names": sorted({one.name for one in persons if len(one.name) > 1}),
        "phones": sorted({_digits(one.phone) for one in persons}),
        "seeds": seeds,
        "sessions": sessions,
    }
    return truth, sessions


def _digits(phone: str) -> str:
    return re.sub(r"\D", "", phone)[-11:]


def work(sessions: list[str], phones: list[str]) -> None:
    """An hour at the desk, so that Valkey holds what it holds in a clinic: counters, a queue."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from crm.celery import app

    call_command("collectstatic", interactive=False, verbosity=0)  # a new clone has no files yet
    for session in sessions:
        client = Client(raise_request_exception=False, HTTP_HOST="localhost")
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        for phone in phones[:20]:
            client.post("/search/", {"q": phone}, secure=True).close()
    for task in ("crm.messaging.tasks.dispatch_due", "crm.messaging.tasks.reconcile_unknown"):
        app.send_task(task, queue=QUEUE, expires=600)


def clear_queue() -> None:
    from crm.celery import app

    with app.connection_for_write() as connection:
        connection.default_channel.queue_delete(QUEUE)


def plant(owner: str) -> None:
    """A name and a phone in the clear, where a careless hand might put them."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("CREATE TABLE public.bench_notes (note text)")
        note = f"{PLANTED_NAME} {PLANTED_PHONE}"
        connection.execute("INSERT INTO public.bench_notes VALUES (%s)", [note])


def pairs(phones: list[str], guesses: int) -> list[tuple[str, int]]:
    """Phones and their true fingerprints: for the judge; the thief only says which it guesses."""
    from privacy.encryption.blind_index import fingerprint

    numbers = [*phones, *(f"137{number:08d}" for number in range(guesses))][:guesses]
    return [(number, fingerprint("phone", f"+86{number}")) for number in numbers]


def opened(keys: list[str]) -> int:
    """How many of these are the key of somebody's session."""
    from crm.staff.session_store import SessionStore

    return sum(bool(SessionStore(session_key=key).load()) for key in keys)


def run(patients: int, guesses: int) -> int:
    from crm.patients.models import PatientContact

    owner = os.environ["BENCH_OWNER_URL"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_down(owner, folder / "before.dump")
        truth, sessions = fill(patients)
        if opened(sessions) != len(sessions):
            raise RuntimeError("the sessions are not live: nothing would be shown")
        work(sessions, truth["phones"])
        plant(owner)
        write_down(owner, folder / "after.dump")
        in_valkey = write_valkey_down(folder / "valkey.dump")
        clear_queue()
        planted = {"planted": [PLANTED_NAME, PLANTED_PHONE]}
        (folder / "wanted.json").write_text(json.dumps({**truth, **planted}))
        (folder / "pairs.json").write_text(json.dumps(pairs(truth["phones"], guesses)))
        bare = {key: os.environ[key] for key in KEYLESS if key in os.environ}
        thief = [sys.executable, "-m", "benchmarks.stolen_dump", "attack", name]
        subprocess.run(thief, env=bare, check=True)
        left = json.loads((folder / "found.json").read_text())
        size = (folder / "after.dump").stat().st_size
    found, tried = left["found"], left["tried"]
    hijacked = opened(tried)
    lucky = [name for name, score in left["guessing"].items() if score > BY_CHANCE]
    shared = Counter(PatientContact.objects.values_list("phone_index", flat=True))
    control = sorted(found["planted"]) == sorted(planted["planted"])
    harm = sum(len(found[kind]) for kind in truth) + hijacked + len(lucky)
    cases = sum(map(len, truth.values())) + guesses
    for kind in truth:
        for word in found[kind][:5]:
            sys.stdout.write(f"found, {kind}: {word}\n")
    return conclude(
        (cases - harm) if control else 0,
        cases,
        f"{size:,} bytes of database, {in_valkey} keys of Valkey, without a key: "
        + ", ".join(f"{len(found[kind])} of {len(words)} {kind}" for kind, words in truth.items())
        + f" found; {hijacked} of {len(tried)} words open a session; the planted ones are "
        + ("found" if control else "NOT found"),
        candidates_without_key=sum(shared.values()),
        functions_tried=len(left["guessing"]),
        better_than_chance=lucky,
        least_with_root=min(shared.values()),
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if anything was found, or the planted words were not."""
    parser = argparse.ArgumentParser(prog="stolen_dump", description=__doc__)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--patients", type=int, default=PATIENTS)
    parser.add_argument("--guesses", type=int, default=GUESSES)
    asked = parser.parse_args(arguments)
    if asked.words[:1] == ["attack"]:
        attack(Path(asked.words[1]))
        return 0
    flags = [f"--patients={asked.patients}", f"--guesses={asked.guesses}"]
    if "inside" not in asked.words:
        with fresh_database(DATABASE) as environment:
            owner = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
            environment["BENCH_OWNER_URL"] = with_database(owner, DATABASE)
            return inside("benchmarks.stolen_dump", environment, *flags)
    adopt({"LOG_LEVEL": "ERROR"})
    return run(asked.patients, asked.guesses)


if __name__ == "__main__":
    sys.exit(main())
