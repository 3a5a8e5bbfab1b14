"""Files that mean harm, at every door of the product that takes one.

``make bench ARGS="bad_files"``: three doors take a file. The import of old talks reads JSONL, the
auditor's program reads an export, and a form may come with parts that say they are files (no page
asks for one, and nothing keeps one). 34 bad ones: each has to be refused within a second of work,
and nothing of it may stay. No door opens an archive but the auditor's program, which unpacks
nothing; no door opens a picture, and no library that could is among what runs (said, and checked).
"""

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path

from benchmarks.figures import conclude
from benchmarks.stage import adopt, fresh_database, inside

DATABASE, LIMIT_SECONDS, MEGABYTE = "suian_bench_files", 1.0, 1024 * 1024
ROW = {"id": "r-1", "department": "门诊", "title": "题", "question": "问？", "answer": "答。"}
DRAWING = ("pillow", "opencv", "imageio", "wand", "pdf", "openpyxl", "lxml")
STAFF = "bench-1"
HOST = "localhost"  # a host that is not ours is refused before its body is read


def _zip(*files: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, how)
    return out.getvalue()


def _nested(depth: int) -> bytes:
    inner = _zip(("events.jsonl", bytes(10 * MEGABYTE)))
    for _ in range(depth):
        inner = _zip(("export.zip", inner))
    return inner


FOR_IMPORT: Mapping[str, Callable[[], bytes]] = {
    "no JSON": lambda: b"hello, world\n" * 50,
    "a list a line": lambda: b"[1, 2, 3]\n" * 50,
    "brackets 100,000 deep": lambda: b"[" * 100_000 + b"\n",
    "a number of 200,000 digits": lambda: b'{"id": ' + b"9" * 200_000 + b"}\n",
    "one line of 20 MB": lambda: b'{"id": "' + b"x" * (20 * MEGABYTE) + b'"}\n',
    "NUL bytes": lambda: bytes(MEGABYTE),
    "a zip": lambda: _zip(("rows.jsonl", json.dumps(ROW).encode())),
    "a zip bomb": lambda: _zip(("rows.jsonl", bytes(50 * MEGABYTE))),
    "a program": lambda: b"\x7fELF" + os.urandom(100_000),
    "UTF-16": lambda: json.dumps(ROW, ensure_ascii=False).encode("utf-16"),
    "broken UTF-8": lambda: b'{"id": "r", "question": "\xff\xfe\xff", "answer": "\xc3"}\n',
    "lone surrogates": lambda: b'{"id": "r\\ud800", "question": "\\udfff", "answer": "a"}\n',
    "a dictionary of 100,000 names": lambda: json.dumps(
        {f"n{number}": number for number in range(100_000)}
    ).encode(),
    "NaN and infinity": lambda: b'{"id": NaN, "question": Infinity, "answer": -Infinity}\n',
}
FOR_VERIFIER: Mapping[str, Callable[[], bytes]] = {
    "text": lambda: b"no zip at all",
    "empty": lambda: b"",
    "an empty zip": _zip,
    "a bomb": lambda: _zip(("a/events.jsonl", bytes(60 * MEGABYTE))),
    "bombs in bombs": lambda: _nested(4),
    "a way out": lambda: _zip(("../../manifest.json", b"{}")),
    "an absolute way": lambda: _zip(("/etc/../manifest.json", b"{}")),
    "a name twice": lambda: _zip(("a/manifest.json", b"{}"), ("b/manifest.json", b"{}")),
    "a foreign file": lambda: _zip(("a/run.sh", b"rm -rf /")),
    "10,000 files": lambda: _zip(*((f"a/{number}", b"") for number in range(10_000))),
    "a zip that breaks off": lambda: _zip(("a/manifest.json", b"{}"))[:-30],
    "brackets 100,000 deep": lambda: _zip(("a/manifest.json", b"[" * 100_000)),
    "a tar": lambda: b"manifest.json".ljust(512, b"\0") * 4,
}


def _part(name: str, file: str, content: bytes) -> bytes:
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
    return head.encode() + b"Content-Type: image/png\r\n\r\n" + content + b"\r\n"


BODIES: Mapping[str, Callable[[], bytes]] = {
    "4 MB": lambda: _part("staff_no", "a.png", bytes(4 * MEGABYTE)) + b"--B--\r\n",
    "a file for a word": lambda: _part("staff_no", "a.png", b"\x89PNG") + b"--B--\r\n",
    "a way out": lambda: _part("staff_no", "../../../etc/cron.d/x", b"x") + b"--B--\r\n",
    "a zip bomb": lambda: _part("f", "a.zip", _zip(("x", bytes(50 * MEGABYTE)))) + b"--B--\r\n",
    "a picture of 60,000 x 60,000": lambda: (
        _part("f", "a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xea\x60\0\0\xea\x60\x08\6\0\0\0")
        + b"--B--\r\n"
    ),
    "1,000 files": lambda: _part("f", "a", b"") * 1_000 + b"--B--\r\n",
    "no end": lambda: _part("f", "a.png", b"x" * 1_000),
}


def at_the_import(content: bytes, folder: Path) -> str:
    """What is wrong, or nothing."""
    from django.core.management import CommandError, call_command

    from consult.consultations.models import Consultation

    file, said = folder / "rows.jsonl", io.StringIO()
    file.write_bytes(content)
    with contextlib.suppress(CommandError):
        call_command("import_consultations", str(file), staff=STAFF, stdout=said, stderr=said)
    return "something was stored" if Consultation.objects.exists() else ""


def at_the_verifier(content: bytes, folder: Path) -> str:
    from privacy.audit import offline_verifier

    file = folder / "month.zip"
    file.write_bytes(content)
    before = set(folder.iterdir())
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        code = offline_verifier.main([str(file)])
    if set(folder.iterdir()) != before:
        return "something was unpacked"
    return "" if code else "taken for an export"


def at_a_form(content: bytes, folder: Path) -> str:
    """The sign-in takes anybody's body, so it is the widest door."""
    from django.conf import settings
    from django.test import Client
    from django.urls import reverse

    settings.FILE_UPLOAD_TEMP_DIR = str(folder)
    kind = "multipart/form-data; boundary=B"
    client = Client(raise_request_exception=False, HTTP_HOST=HOST)
    response = client.post(reverse("staff:sign-in"), data=content, content_type=kind)
    response.close()
    if response.status_code >= 500 or "_auth_user_id" in client.session:
        return f"answered {response.status_code}"
    return "a file stayed" if any(folder.iterdir()) else ""


DOORS: Mapping[str, tuple[Callable[[bytes, Path], str], Mapping[str, Callable[[], bytes]]]] = {
    "the import": (at_the_import, FOR_IMPORT),
    "the auditor's program": (at_the_verifier, FOR_VERIFIER),
    "a form": (at_a_form, BODIES),
}


def cases() -> Iterator[tuple[str, str, float]]:
    """Door and file, what is wrong (nothing if it was refused), seconds of processor time."""
    for door, (knock, files) in DOORS.items():
        for name, make in files.items():
            content = make()
            with tempfile.TemporaryDirectory() as folder:
                began = time.process_time()
                try:
                    wrong = knock(content, Path(folder))
                except Exception as fault:  # noqa: BLE001 - a file must not bring a door down
                    wrong = f"{type(fault).__name__}: {fault}"
                spent = time.process_time() - began
            yield f"{door}: {name}", wrong, spent


def run() -> int:
    from django.core.management import call_command
    from django.test import Client
    from django.urls import reverse

    from tests.factories.people import ClinicFactory, UserFactory

    call_command("collectstatic", interactive=False, verbosity=0)  # a new clone has no files yet
    # What a process loads at its first request is no file's doing; and the door must be reached.
    first = Client(HTTP_HOST=HOST).get(reverse("staff:sign-in"))
    if first.status_code != HTTPStatus.OK:
        raise RuntimeError(f"the sign-in answered {first.status_code}")
    UserFactory.create(clinic=ClinicFactory.create(), role="system_admin", staff_no=STAFF)
    tried = list(cases())
    bad, slow = list[str](), list[str]()
    for name, wrong, spent in tried:
        bad += [f"{name}: {wrong}"] if wrong else []
        slow += [f"{name}: {spent:.2f} s"] if spent > LIMIT_SECONDS and not wrong else []
    locked = (Path(__file__).parents[1] / "requirements" / "run.txt").read_text().lower()
    drawing = [name for name in DRAWING if f"\n{name}" in locked]
    for line in bad + slow + drawing:
        sys.stdout.write(f"  {line}\n")
    number, good = len(tried), len(tried) - len(bad) - len(slow)
    return conclude(
        good if not drawing else 0,
        number,
        f"{number} bad files: {len(bad)} not refused, {len(slow)} took more than a second",
        slowest_seconds=round(max(spent for _name, _wrong, spent in tried), 3),
        libraries_that_open_pictures=drawing,
    )


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 if a file got in, brought a door down, or took more than a second."""
    parser = argparse.ArgumentParser(prog="bad_files", description=__doc__)
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if "inside" not in asked.words:
        with fresh_database(DATABASE) as environment:
            return inside("benchmarks.bad_files", environment)
    adopt({"LOG_LEVEL": "CRITICAL"})
    return run()


if __name__ == "__main__":
    sys.exit(main())
