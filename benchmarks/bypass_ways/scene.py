"""What a way works on: one patient of its own, a prompt as the app's role, one as the owner."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
# Read as the owner; a change of any of these rows is what a way is about.
_STATE = """
    SELECT coalesce(string_agg(one, ';' ORDER BY one), '') FROM (
      SELECT to_jsonb(p)::text FROM crm_patient p WHERE p.id = %(key)s UNION ALL
      SELECT to_jsonb(c)::text FROM crm_patientcontact c WHERE c.patient_id = %(key)s UNION ALL
      SELECT to_jsonb(t)::text FROM crm_careteammember t WHERE t.patient_id = %(key)s UNION ALL
      SELECT to_jsonb(k)::text FROM privacy_subjectkey k WHERE k.subject_id = %(key)s UNION ALL
      SELECT to_jsonb(e)::text FROM privacy_auditevent e WHERE %(code)s = ANY(e.codes)
    ) AS rows (one)
"""


@dataclass
class Scene:
    """``patient`` has a contact and one carer; ``other`` is one more member of staff."""

    patient: Any
    other: Any
    app: Connection
    owner: Connection

    @property
    def key(self) -> str:
        return str(self.patient.pk)

    def state(self) -> str:
        """A digest over all rows of this patient, the events about them included."""
        values = {"key": self.key, "code": self.patient.code}
        row = self.owner.execute(_STATE, values).fetchone()
        return hashlib.sha256(str(row and row[0]).encode()).hexdigest()

    def keys(self) -> set[str]:
        """The keys of those rows."""
        rows = self.owner.execute(
            "SELECT id::text FROM crm_patientcontact WHERE patient_id = %(key)s UNION ALL "
            "SELECT id::text FROM crm_careteammember WHERE patient_id = %(key)s UNION ALL "
            "SELECT id::text FROM privacy_subjectkey WHERE subject_id = %(key)s",
            {"key": self.key},
        )
        return {self.key, *(one for (one,) in rows)}

    def manage(self, *arguments: str) -> None:
        """``manage.py`` on the same database, as nobody of the product. Raises where it fails."""
        from django.db import connection

        at = connection.settings_dict
        url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
        environment = {**os.environ, "DATABASE_URL": url}
        if role := at["OPTIONS"].get("assume_role"):
            environment["DATABASE_ROLE"] = role
        command = [sys.executable, "-W", "ignore", "manage.py", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise psycopg.OperationalError(done.stderr[-300:])


@dataclass(frozen=True)
class Way:
    """``go`` tries it; ``mend`` is what the owner runs afterwards: the next starts fresh."""

    name: str
    go: Callable[[Scene], object]
    mend: tuple[str, ...] = ()


def said(name: str, *statements: str, owner: bool = False, mend: Iterable[str] = ()) -> Way:
    """A way that is SQL at a prompt. ``{key}`` is the patient's key, ``{other}`` that of staff."""

    def go(scene: Scene) -> None:
        prompt = scene.owner if owner else scene.app
        for one in statements:
            prompt.execute(one.replace("{key}", scene.key).replace("{other}", str(scene.other.pk)))

    return Way(name, go, tuple(mend))
