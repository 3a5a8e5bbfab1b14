"""The two rehearsals of ``benchmarks``, in a small size: races with withdrawals, killed workers."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from benchmarks import kill_worker, withdrawal_races
from benchmarks.stage import SHORT_WAITS, Company, Worker, company
from privacy.encryption.canaries import plant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
RACES, KILLS, REMINDERS, SEED = 40, 5, 60, 7


@pytest.fixture
def sms(tmp_path: Path, settings) -> Iterator[Company]:
    """The SMS company as a process of its own; patients may be reached at any hour."""
    settings.CLINIC_OPEN_FROM, settings.CLINIC_OPEN_UNTIL = 0, 24
    with company(tmp_path / "gateway") as server:
        for name, value in server.environment.items():
            setattr(settings, name, value)
        yield server


def test_nothing_is_handed_over_after_a_withdrawal(sms: Company) -> None:
    figures = withdrawal_races.rehearse(races=RACES, seed=SEED)
    assert (figures.races, figures.late, figures.errors) == (RACES, 0, 0), str(figures)


def test_killed_workers_neither_double_nor_lose(sms: Company, tmp_path: Path) -> None:
    plant()
    at = connection.settings_dict
    environment = {
        **os.environ,
        **SHORT_WAITS,
        **sms.environment,
        "DATABASE_URL": f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}"
        f"/{at['NAME']}",
        "DATABASE_ROLE": "suian_app",
        "DJANGO_SETTINGS_MODULE": "crm.settings.test",
    }
    queue = f"rehearsal-{os.getpid()}"
    log = tmp_path / "worker.log"
    rehearsal = kill_worker.Rehearsal(
        company=sms, worker=Worker(queue, environment, log), queue=queue, seed=SEED
    )
    figures = rehearsal.run(runs=KILLS, reminders=REMINDERS)
    assert figures.clean, f"{figures}\n{log.read_text()[-2000:]}"
    assert (figures.runs, figures.sent) == (KILLS, KILLS * REMINDERS)
