"""The dated report: one line a measure, as Markdown to read and as JSON to compare."""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.assure.measures import NOT_HERE, Measure
from benchmarks.assure.slices import Result
from crm.embedded.home import write_private

Report = dict[str, Any]


def compose(
    measures: Sequence[Measure],
    results: Mapping[str, Result],
    *,
    size: str,
    sources: str,
    at: datetime | None = None,
) -> Report:
    """What was measured; ``at`` in UTC."""
    return {
        "at": (at or datetime.now(UTC)).isoformat(timespec="seconds"),
        "size": size,
        "sources": sources,
        "python": platform.python_version(),
        "measures": [_line(one, results, size) for one in measures],
    }


def _line(measure: Measure, results: Mapping[str, Result], size: str) -> Report:
    wanted = measure.slices(size)
    done = [results[one.name] for one in wanted if one.name in results]
    good, of = sum(one.outcome.good for one in done), sum(one.outcome.of for one in done)
    complete = len(done) == len(wanted)
    return {
        "id": measure.key,
        "row": measure.row,
        "title": measure.title,
        "figure": measure.figure,
        "good": good,
        "of": of,
        "slices": [len(done), len(wanted)],
        "complete": complete,
        "reached": complete and all(one.outcome.reached for one in done),
        "seconds": round(sum(one.seconds for one in done), 1),
        "commands": [one.name for one in wanted],
        "said": [one.outcome.text for one in done if one.outcome.text],
    }


def lower_than_before(report: Report, earlier: Sequence[Report]) -> list[str]:
    """Measures that came to less than the last report of the same size that has them whole."""
    found = []
    for line in report["measures"]:
        last = _last(line["id"], report["size"], earlier)
        if last and line["complete"] and (line["good"] < last["good"] or line["of"] < last["of"]):
            found.append(f"{line['id']}: {line['good']} of {line['of']}, before {last['good']}")
    return found


def _last(key: str, size: str, earlier: Sequence[Report]) -> Report | None:
    lines = [
        line
        for report in sorted(earlier, key=lambda one: str(one["at"]))
        if report["size"] == size
        for line in report["measures"]
        if line["id"] == key and line["complete"]
    ]
    return lines[-1] if lines else None


def as_markdown(report: Report, digest: str, lower: Sequence[str]) -> str:
    """The same for people."""
    lines = report["measures"]
    reached = sum(1 for line in lines if line["reached"])
    head = [
        f"# Security figures of {report['at']} ({report['size']})",
        "",
        f"{reached} of {len(lines)} measures reached. Sources `{report['sources'][:16]}`, "
        f"Python {report['python']}. SHA-256 of the JSON beside this: `{digest}`.",
        "",
        "| Row | Measure | Figure to reach | Good / cases | Reached | Seconds |",
        "|---|---|---|---|---|---|",
    ]
    table = [
        f"| {line['row']} | {line['title']} (`{line['id']}`) | {line['figure']} "
        f"| {line['good']:,} / {line['of']:,} | {_reached(line)} | {line['seconds']:.0f} |"
        for line in lines
    ]
    said = [f"- `{line['id']}`: {_one_line(text)}" for line in lines for text in line["said"]]
    apart = [f"| {row} | {why} |" for row, why in NOT_HERE.items()]
    fallen = ["", "## Lower than before", "", *[f"- {one}" for one in lower]] if lower else []
    not_here = ["", "## Not measured by this command", "", "| Row | Where it stands |", "|---|---|"]
    return "\n".join(
        [*head, *table, *fallen, "", "## What each said", "", *said, *not_here, *apart, ""]
    )


def _reached(line: Report) -> str:
    if not line["complete"]:
        return f"unfinished ({line['slices'][0]} of {line['slices'][1]} slices)"
    return "yes" if line["reached"] else "**no**"


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "/")[:600]


def read_all(folder: Path) -> list[Report]:
    """Every report of the folder, oldest first."""
    return [json.loads(path.read_text()) for path in sorted(folder.glob("report-*.json"))]


def write(folder: Path, report: Report, lower: Sequence[str]) -> tuple[Path, str]:
    """Both files, named by moment and size. Out: the JSON's path and SHA-256."""
    text = json.dumps(report, ensure_ascii=False, indent=1, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    stem = f"report-{report['at'][:19].replace(':', '')}-{report['size']}"
    path = folder / f"{stem}.json"
    write_private(path, text)
    write_private(path.with_suffix(".md"), as_markdown(report, digest, lower))
    return path, digest
