"""The parts of the clinic besides its two servers: one function each, listed in PARTS or LATER.

To add a part, write a function that returns how to start it, and list it. A part gets the app's
environment unless it says otherwise; a part whose module does not exist yet is left out.
"""

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from crm.embedded.home import PROJECT, Home
from crm.embedded.keys import GATEWAY_SECRET, path_of
from crm.embedded.processes import Program

WEB_WORKERS = 2
WEB_THREADS = 4
WORKER_PROCESSES = 2
# The path without its query: what somebody searched for has no business in a log.
ACCESS_LINE = "%(m)s %(U)s %(s)s %(M)s ms"
CELERY = ("celery", "--quiet", "--app", "crm")
WORKER_QUIET = {"PYTHONWARNINGS": "ignore:You're running the worker"}
SEALER_KEY_FILE = "SUIAN_SEALER_KEY_FILE"
SEALER_KEYS = ("SUIAN_SEALER_KEY", SEALER_KEY_FILE)
GATEWAY_MODULE = "crm.embedded.gateway"
GATEWAY_KEY_ID = "embedded-clinic"


@dataclass(frozen=True)
class Plan:
    """What the parts are started with."""

    home: Home
    environment: Mapping[str, str]  # of the app
    web_port: int
    gateway_port: int


def web(plan: Plan) -> Program:
    """The pages: gunicorn on the loopback address."""
    beats = "/dev/shm" if Path("/dev/shm").is_dir() else str(plan.home.state)  # noqa: S108 - checked to exist
    options = ["--bind", f"127.0.0.1:{plan.web_port}", "--worker-class", "gthread"]
    options += ["--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS)]
    options += ["--timeout", "60", "--graceful-timeout", "4", "--no-control-socket"]
    options += ["--worker-tmp-dir", beats, "--log-level", "warning"]
    options += ["--access-logfile", "-", "--access-logformat", ACCESS_LINE]
    return _python(plan, "web", "gunicorn", "crm.wsgi", *options, env=_of_part(plan, "web"))


def worker(plan: Plan) -> Program:
    """The queue's worker. Of the roots it gets what sending needs: it opens phones and signs
    events, no clinical value, no second factor, no checkpoint (ADR 0013)."""
    quick = ["--without-gossip", "--without-mingle"]  # it has no fellow workers to find
    options = ["--concurrency", str(WORKER_PROCESSES), "--loglevel", "warning", *quick]
    environment = _of_part(plan, "worker") | WORKER_QUIET
    environment["ROOT_FILES_DIR"] = str(plan.home.worker_keys)
    return _python(plan, "worker", *CELERY, "worker", *options, env=environment)


def exporter(plan: Plan) -> Program:
    """Builds export files and proves long trails. It alone of the queue opens every zone: one
    process, its own queue, nothing of the SMS company's (ADR 0029)."""
    return _alone(plan, "exporter", "exports", _of_part(plan, "exporter"))


def sealer(plan: Plan) -> Program:
    """Seals the audit trail: it alone has the sealer's key, and no root of any zone (ADR 0013)."""
    environment = _of_part(plan, "sealer")
    environment["ROOT_FILES_DIR"] = str(plan.home.sealer_keys)
    environment[SEALER_KEY_FILE] = plan.environment.get(SEALER_KEY_FILE, "")
    return _alone(plan, "sealer", "sealing", environment)


def _alone(plan: Plan, name: str, queue: str, environment: Mapping[str, str]) -> Program:
    """A worker in one process for one queue, with nothing of the SMS company's."""
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    options = ["--queues", queue, "--pool", "solo", "--hostname", f"{name}@%h"]
    own = {key: value for key, value in environment.items() if not key.startswith("SMS_")}
    command = [*CELERY, "worker", *options, "--loglevel", "warning", *quick]
    return _python(plan, name, *command, env=own | WORKER_QUIET)


def beat(plan: Plan) -> Program:
    """The clock that puts periodic tasks into the queue."""
    schedule = str(plan.home.state / "beat-schedule")
    options = ["--schedule", schedule, "--pidfile", "", "--loglevel", "warning"]
    return _python(plan, "beat", *CELERY, "beat", *options, env=_of_part(plan, "beat"))


def gateway(plan: Plan) -> Program:
    """The local SMS gateway. It stands for a foreign company, so it gets nothing of the app's."""
    own = {
        "PATH": os.environ.get("PATH", ""),
        "SMS_GATEWAY_PORT": str(plan.gateway_port),
        "SMS_GATEWAY_DATA_DIR": str(plan.home.gateway),
        "SMS_GATEWAY_KEY_ID": GATEWAY_KEY_ID,
        "SMS_GATEWAY_SECRET_FILE": str(path_of(plan.home, GATEWAY_SECRET)),
        "SMS_GATEWAY_APP_URL": f"http://127.0.0.1:{plan.web_port}",
    }
    return _python(plan, "gateway", GATEWAY_MODULE, env=own)


PARTS: tuple[Callable[[Plan], Program], ...] = (gateway, worker, web, beat)
# No page waits for these: they start when the first one is open, so that it opens sooner.
LATER: tuple[Callable[[Plan], Program], ...] = (sealer, exporter)


def programs(plan: Plan) -> list[Program]:
    """The parts to start, in order."""
    return [part(plan) for part in PARTS if part is not gateway or has_gateway()]


def _of_part(plan: Plan, name: str) -> dict[str, str]:
    """The app's environment for one part, which signs its connections with its name."""
    held = {key: value for key, value in plan.environment.items() if key not in SEALER_KEYS}
    return {**held, "SUIAN_PROCESS": name}


def has_gateway() -> bool:
    return importlib.util.find_spec(GATEWAY_MODULE) is not None


def _python(plan: Plan, name: str, module: str, *arguments: str, env: Mapping[str, str]) -> Program:
    return Program(
        name=name,
        command=[sys.executable, "-m", module, *arguments],
        log=plan.home.logs / f"{name}.log",
        env=env,
        cwd=PROJECT,
    )
