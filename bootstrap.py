#!/usr/bin/env python3
"""Make ``.venv`` from the hash-locked requirements, with nothing but Python and pip at hand.

``bootstrap.py local`` is enough to run the clinic, ``bootstrap.py dev`` adds the tools for tests
and checks, ``bootstrap.py bench`` what the product is measured against, ``bootstrap.py lock``
rewrites the requirements files. Standard library only: this runs
before anything is installed. uv is fetched by pip into ``.tools`` because it is two to three times
faster; without it (or with NO_UV set) pip installs from the same file. All chatter goes to stderr,
so that ``make manage`` prints nothing but the command's own output.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
REQUIREMENTS = ROOT / "requirements"
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "suian-stamp.txt"
OLDEST_PYTHON = (3, 11)
NEWER_PYTHONS = ("python3.13", "python3.12", "python3.11", "python3.14")
# What else a set is contained in.
CONTAINS = {"local": ("local", "dev", "bench"), "dev": ("dev", "bench"), "bench": ("bench",)}
MILESTONE = re.compile(r"^\s*(Downloading|Resolved|Prepared|Installed|Installing) ")
PLAIN_LINE_EVERY_SECONDS = 3.0


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Do what the command line asks; returns the exit code."""
    use_new_enough_python(arguments)
    os.environ["PIP_USER"] = "0"  # a user's pip.conf must not turn --target into an error
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: the second finds the work done
        if arguments[:1] == ["lock"]:
            write_lock_files(arguments[1:])
        elif len(arguments) == 1 and arguments[0] in CONTAINS:
            make_environment(arguments[0])
            compile_translations()
        else:
            say(__doc__ or "")
            return 2
    return 0


def use_new_enough_python(arguments: list[str]) -> None:
    """Start over under a newer Python if this one is too old; stop if there is none."""
    if sys.version_info >= OLDEST_PYTHON:
        return
    for name in NEWER_PYTHONS:
        path = shutil.which(name)
        if path:
            os.execv(path, [path, str(Path(__file__).resolve()), *arguments])
    say("Suian needs Python 3.11 or newer; this is " + sys.version.split()[0])
    sys.exit(1)


def make_environment(wanted: str) -> None:
    """Bring ``.venv`` to the locked state of the set ``wanted``, unless it is there already."""
    if STAMP.is_file() and STAMP.read_text() in {stamp_for(name) for name in CONTAINS[wanted]}:
        return
    started = time.monotonic()
    requirements = REQUIREMENTS / f"{wanted}.txt"
    count = sum("==" in line for line in requirements.read_text().splitlines())
    say(f"Setting up {VENV.name} ({count} packages, {wanted}); this happens once.")
    STAMP.unlink(missing_ok=True)
    uv = find_uv()
    if uv:
        install_with_uv(uv, requirements)
    else:
        install_with_pip(requirements)
    STAMP.write_text(stamp_for(wanted))
    tool = "uv" if uv else "pip"
    say(f"Environment ready after {time.monotonic() - started:.0f} s ({tool}).")


def stamp_for(name: str) -> str:
    """What the stamp file of an up-to-date environment of this set says."""
    digest = hashlib.sha256(sys.version.encode())
    for requirements in CONTAINS:
        digest.update((REQUIREMENTS / f"{requirements}.txt").read_bytes())
    return f"{name} {digest.hexdigest()}"


def find_uv() -> str | None:
    """The path of uv: the system's, or one that pip puts into ``.tools``; None without either."""
    if os.environ.get("NO_UV"):
        return None
    own = TOOLS / "bin" / "uv"
    for candidate in (shutil.which("uv"), str(own)):
        if candidate and Path(candidate).is_file():
            return candidate
    say("Fetching uv ...")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    locked = ["--require-hashes", "-r", str(REQUIREMENTS / "tools.txt")]
    # --target is allowed even where the system's Python is "externally managed".
    done = subprocess.run([*pip, "--target", str(TOOLS), *locked], capture_output=True, check=False)
    return str(own) if done.returncode == 0 and own.is_file() else None


def install_with_uv(uv: str, requirements: Path) -> None:
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"}
    if not can_write_cache():
        env["UV_CACHE_DIR"] = str(TOOLS / "cache")
    if not is_this_python():
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)]
        run_shown(make, env=env)
    sync = [uv, "pip", "sync", "--require-hashes", "--compile-bytecode", "--python", str(PYTHON)]
    run_shown([*sync, str(requirements)], env=env)


def install_with_pip(requirements: Path) -> None:
    """The same without uv. Debian without python3-venv has no ensurepip: lend it our own pip."""
    install = [
        "install",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(requirements),
    ]
    has_own_pip = subprocess.run(
        [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
    )
    if has_own_pip.returncode == 0:
        if not is_this_python():
            run_shown([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)])
        run_shown([sys.executable, "-m", "pip", "--python", str(PYTHON), *install])
        return
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, check=False
    )
    if made.returncode != 0:
        say("This Python has neither pip nor ensurepip. Install python3-pip (or python3-venv).")
        sys.exit(1)
    run_shown([str(PYTHON), "-m", "pip", *install])


def is_this_python() -> bool:
    """Whether ``.venv`` exists and works with the Python that runs this script."""
    if not PYTHON.exists():
        return False
    ask = [str(PYTHON), "-c", "import sys; print(sys.version)"]
    answer = subprocess.run(ask, capture_output=True, text=True, check=False)
    return answer.stdout.strip() == sys.version.strip()


def can_write_cache() -> bool:
    """Whether uv's usual cache folder can be written (a system user may have no home)."""
    cache = Path(os.environ.get("UV_CACHE_DIR") or Path("~/.cache/uv").expanduser())
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(cache, os.W_OK)


def run_shown(command: list[str], env: dict[str, str] | None = None) -> None:
    """Run a command and show that it moves: one changing line, or now and then a plain one.

    Raises: SystemExit with the whole output shown if the command fails.
    """
    pipe, merge = subprocess.PIPE, subprocess.STDOUT
    process = subprocess.Popen(command, env=env, stdout=pipe, stderr=merge, text=True)
    progress = Progress()
    lines = []
    assert process.stdout is not None  # noqa: S101  PIPE was asked for above
    for line in process.stdout:
        lines.append(line)
        progress.show(line.rstrip())
    progress.clear()
    if process.wait() != 0:
        say("".join(lines))
        say(f"Could not set up the environment: {' '.join(command[:4])} ... failed.")
        sys.exit(1)


class Progress:
    """The installer's own lines, shortened to one moving line (or few plain ones in a log)."""

    def __init__(self) -> None:
        self.moving = sys.stderr.isatty()
        self.collected = 0
        self.said = time.monotonic()

    def show(self, line: str) -> None:
        """Take one line of uv or pip and show it if it tells of progress."""
        if line.startswith("Collecting "):  # pip: one per package
            self.collected += 1
            line = f"Downloading package {self.collected}: {line.split()[1]}"
        elif not MILESTONE.match(line):
            return
        if self.moving:
            sys.stderr.write(f"\r\033[K  {line.strip()[:70]}")
            sys.stderr.flush()
        elif time.monotonic() - self.said > PLAIN_LINE_EVERY_SECONDS or "ed " in line[:10]:
            self.said = time.monotonic()
            say(f"  {line.strip()[:90]}")

    def clear(self) -> None:
        if self.moving:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def compile_translations() -> None:
    """Turn each .po into a .mo where it is newer. Babel does it: no system gettext needed."""
    catalogues = list(ROOT.glob("locale/*/LC_MESSAGES/django.po"))
    if all(is_newer(po.with_suffix(".mo"), po) for po in catalogues):
        return
    tool = VENV / "bin" / "pybabel"
    command = [str(tool), "compile", "-d", str(ROOT / "locale"), "-D", "django"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        say(done.stderr)
        sys.exit("The translations do not compile.")


def is_newer(made: Path, source: Path) -> bool:
    return made.exists() and made.stat().st_mtime >= source.stat().st_mtime


def write_lock_files(more: list[str]) -> None:
    """Pin the newest versions that fit, with hashes, for Python 3.11 and later on any system.

    ``more`` goes to uv, e.g. ["--upgrade"]; without it, pins that still fit are kept.
    """
    uv = find_uv()
    if not uv:
        sys.exit("make lock needs uv, and pip could not fetch it.")
    options = ["--universal", "--generate-hashes", "--no-header", "--no-emit-index-url", "--quiet"]
    compile_ = [uv, "pip", "compile", *options, "--python-version", "3.11", *more]
    for name, source in (
        ("run", ["pyproject.toml"]),
        ("local", ["pyproject.toml", "--group", "local"]),
        ("dev", ["pyproject.toml", "--group", "dev"]),
        ("bench", ["pyproject.toml", "--group", "bench"]),
        ("tools", ["--group", "tools"]),
    ):
        target = f"requirements/{name}.txt"
        subprocess.run([*compile_, *source, "-o", target], cwd=ROOT, check=True)
        say(f"Wrote {target}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
