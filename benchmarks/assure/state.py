"""What has been measured of these very sources, so that a stopped run goes on where it was."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.assure.slices import Result
from benchmarks.outcome import Outcome
from crm.embedded.home import PROJECT, write_private

FOLDERS = ("privacy", "crm", "consult", "followup", "benchmarks", "tests", "templates", "deploy")
FOLDERS += ("requirements", "docs")
LEFT_OUT = {"__pycache__", "secrets"}


def sources_digest(project: Path = PROJECT) -> str:
    """Changes when any file does that a figure could rest on."""
    digest = hashlib.sha256()
    for folder in FOLDERS:
        for path in sorted((project / folder).rglob("*")):
            if path.is_file() and not LEFT_OUT & set(path.parts):
                digest.update(str(path.relative_to(project)).encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@dataclass
class State:
    """Results by slice name, of one state of the sources and one size ("quick" or "full")."""

    file: Path
    sources: str
    results: dict[str, Result] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path, *, size: str, sources: str) -> "State":
        """What is there of the same sources; else nothing."""
        state = cls(folder / f"state-{size}", sources)
        try:
            held = json.loads(state.file.read_text())
        except (OSError, ValueError):
            return state
        if held.get("sources") == sources:
            state.results = {name: _result(one) for name, one in held["results"].items()}
        return state

    def note(self, name: str, result: Result) -> None:
        self.results[name] = result
        held = {key: asdict(one) for key, one in self.results.items()}
        write_private(self.file, json.dumps({"sources": self.sources, "results": held}, indent=1))


def _result(held: Mapping[str, object]) -> Result:
    return Result(Outcome(**held["outcome"]), float(held["seconds"]))  # type: ignore[arg-type]  # our own file
