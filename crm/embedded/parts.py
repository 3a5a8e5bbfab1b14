"""The parts of the clinic besides its two servers: one function each, listed in PARTS.

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
    """The queue's worker; it also seals the audit trail, so it alone gets the sealer's key.

    Of the roots it gets what sending needs: it opens phones, no clinical value, no second factor.
    """
    quick = ["--without-gossip", "--without-mingle"]  # it has no fellow workers to find
    options = ["--concurrency", str(WORKER_PROCESSES), "--loglevel", "warning", *quick]
    environment = _of_part(plan, "worker", sealer=True)
    environment |= WORKER_QUIET
    environment["ROOT_FILES_DIR"] = str(plan.home.worker_keys)
    return _python(plan, "worker", *CELERY, "worker", *options, env=environment)


def exporter(plan: Plan) -> Program:
    """Builds export files. It alone of the queue opens every zone, so it does nothing else: one
    process, its own queue, nothing of the SMS company's (ADR 0029)."""
    quick = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    options = ["--queues", "exports", "--pool", "solo", "--hostname", "exporter@%h"]
    environment = _of_part(plan, "exporter") | WORKER_QUIET
    own = {name: value for name, value in environment.items() if not name.startswith("SMS_")}
    command = [*CELERY, "worker", *options, "--loglevel", "warning", *quick]
    return _python(plan, "exporter", *command, env=own)


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


PARTS: tuple[Callable[[Plan], Program], ...] = (gateway, worker, web, beat, exporter)


def programs(plan: Plan) -> list[Program]:
    """The parts to start, in order."""
    return [part(plan) for part in PARTS if part is not gateway or has_gateway()]


def _of_part(plan: Plan, name: str, *, sealer: bool = False) -> dict[str, str]:
    """The app's environment for one part, which signs its connections with its name."""
    environment = dict(plan.environment) if sealer else without_sealer_key(plan)
    return {**environment, "SUIAN_PROCESS": name}


def without_sealer_key(plan: Plan) -> dict[str, str]:
    return {name: value for name, value in plan.environment.items() if name != SEALER_KEY_FILE}


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
