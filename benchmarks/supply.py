"""What the product is made of: a bill of materials, known weaknesses, secrets, dangerous calls.

``make bench ARGS="supply"`` writes ``.suian/assure/sbom.json`` (CycloneDX, from the locked
requirements), and counts: each locked package stands in it with its hashes; none is in a version
that ``deploy/advisories.json`` names; that file was reviewed within 90 days; bandit finds nothing
of high severity; no file holds what looks like a secret.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.outcome import tell
from crm.embedded.home import PROJECT, Home

LOCK = PROJECT / "requirements" / "run.txt"
ADVISORIES = PROJECT / "deploy" / "advisories.json"
OLDEST_DAYS = 90
PACKAGES = ("privacy", "crm", "consult", "followup")
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL
)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
# High-entropy and keyword guesses are left out: hashes of the lock and Chinese text are neither.
DETECTORS = (
    "ArtifactoryDetector", "AWSKeyDetector", "AzureStorageKeyDetector", "BasicAuthDetector",
    "DiscordBotTokenDetector", "GitHubTokenDetector", "GitLabTokenDetector", "JwtTokenDetector",
    "MailchimpDetector", "NpmDetector", "OpenAIDetector", "PrivateKeyDetector",
    "PypiTokenDetector", "SendGridDetector", "SlackDetector", "SquareOAuthDetector",
    "StripeDetector", "TelegramBotTokenDetector", "TwilioKeyDetector",
)  # fmt: skip
OURS = (*PACKAGES, "benchmarks", "deploy", "docs", "templates", "tests", ".ci")
NO_TEXT = {".png", ".woff2", ".ico", ".mo", ".pyc"}  # pictures, fonts, what is compiled
# The one exception: addresses with made-up passwords, in tests, settings of tests, and examples.
MADE_UP = re.compile(r"://(suian_\w+|postgres|x|y|u|user|app|owner|me|nobody):")


@dataclass(frozen=True)
class Pin:
    """One locked package."""

    name: str
    version: str
    hashes: frozenset[str]


def pins(lock: Path = LOCK) -> list[Pin]:
    """Every package of a lock file with its hashes."""
    return [
        Pin(canonical(one[1]), one[2], frozenset(HASH.findall(one[3])))
        for one in PIN.finditer(lock.read_text())
    ]


def canonical(name: str) -> str:
    """As PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def bill_of_materials(target: Path, lock: Path = LOCK) -> dict[str, Any]:
    """Write a CycloneDX file of the lock; returns what stands in it."""
    tool = Path(sys.executable).parent / "cyclonedx-py"
    options = ["--output-reproducible", "--of", "JSON", "-o", str(target), str(lock)]
    subprocess.run([str(tool), "requirements", *options], check=True, capture_output=True)
    held: dict[str, Any] = json.loads(target.read_text())
    return held


def missing_from(bill: dict[str, Any], locked: list[Pin]) -> list[str]:
    """Locked packages that the bill does not name, or names without all their hashes."""
    held = {
        (canonical(one["name"]), one["version"]): {
            digest["content"]
            for reference in one.get("externalReferences", [])
            for digest in reference.get("hashes", [])
        }
        for one in bill.get("components", [])
    }
    return [
        one.name
        for one in locked
        if not one.hashes or not one.hashes <= held.get((one.name, one.version), set())
    ]


def weaknesses(locked: list[Pin], file: Path = ADVISORIES, *, today: date) -> list[str]:
    """Pins that a known advisory is about, and a review that is too old."""
    from packaging.specifiers import SpecifierSet

    held = json.loads(file.read_text())
    versions = {one.name: one.version for one in locked}
    found = [
        f"{one['package']} {versions[one['package']]}: {one['id']}"
        for one in held["advisories"]
        if one["package"] in versions
        and SpecifierSet(one["affected"]).contains(versions[one["package"]], prereleases=True)
    ]
    age = (today - date.fromisoformat(held["reviewed"])).days
    return [*found, f"reviewed {age} days ago"] if age > OLDEST_DAYS else found


def secrets(files: Iterable[Path] | None = None) -> list[str]:
    """Lines that look like a key or a token of some service, as ``file:line kind``.

    In ``files``, or in every file that is tracked. Going through a file line by line is slow: only
    those are in which a detector's pattern occurs at all, and YAML, which is unfolded for it.
    """
    from detect_secrets.core.scan import get_plugins, scan_file
    from detect_secrets.settings import transient_settings

    found = []
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS]}):
        patterns = [
            re.compile(one.pattern, one.flags | re.MULTILINE)
            for plugin in get_plugins()
            for one in plugin.denylist
        ]
        for path in tracked() if files is None else files:
            whole = path.read_text(errors="replace")
            if path.suffix != ".yml" and not any(one.search(whole) for one in patterns):
                continue
            lines: list[str] = []
            for one in scan_file(str(path)):
                lines = lines or path.read_text(errors="replace").splitlines()
                text = lines[one.line_number - 1] if one.line_number <= len(lines) else ""
                if not (one.type == "Basic Auth Credentials" and MADE_UP.search(text)):
                    found.append(f"{path.name}:{one.line_number} {one.type} in {path.parent}")
    return found


def tracked() -> list[Path]:
    """The texts that git tracks; in a copy without its history, those of our folders."""
    git = ["git", "ls-files", "-z"]
    done = subprocess.run(git, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        ours = [path for folder in OURS for path in (PROJECT / folder).rglob("*")]
        files = [*PROJECT.glob("*"), *(path for path in ours if "secrets" not in path.parts)]
    else:
        files = [PROJECT / name for name in done.stdout.split("\0") if name]
    return sorted(path for path in files if path.is_file() and path.suffix not in NO_TEXT)


def dangerous_calls(project: Path = PROJECT) -> list[str]:
    """What bandit holds to be of high severity in the product."""
    tool = Path(sys.executable).parent / "bandit"
    command = [str(tool), "-q", "-r", "-lll", "-f", "json", *PACKAGES]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    results = json.loads(done.stdout)["results"]
    return [f"{one['filename']}:{one['line_number']} {one['test_id']}" for one in results]


def main() -> int:
    """Exit code 1 if anything is missing, weak, secret or dangerous."""
    home = Home.of_this_checkout()
    folder = home.state / "assure"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    locked = pins()
    with tempfile.TemporaryDirectory() as name:
        bill = bill_of_materials(Path(name) / "sbom.json")
        (folder / "sbom.json").write_text(json.dumps(bill, indent=1))
    bad = [f"not in the bill: {one}" for one in missing_from(bill, locked)]
    bad += [f"weak: {one}" for one in weaknesses(locked, today=datetime.now(UTC).date())]
    bad += [f"secret: {one}" for one in secrets()]
    bad += [f"dangerous: {one}" for one in dangerous_calls()]
    cases = len(locked) + 3
    told = f"{len(locked)} packages in {folder / 'sbom.json'}; bad: {bad or 'nothing'}"
    return tell(max(0, cases - len(bad)), cases, told)


if __name__ == "__main__":
    sys.exit(main())
