"""After a crash: does every change have its event, every event its change, and the trail hold?"""

from dataclasses import dataclass

import psycopg

# Written by acts of staff only, each beside its event; others are also a job's own bookkeeping.
OF_ACTS = ("crm_patient", "crm_patientcontact", "crm_patientclinical", "privacy_subject")
WITHOUT_EVENT = """
    SELECT count(*) FROM privacy_rowchange AS change
    WHERE relation = ANY(%s) AND id > %s
      AND NOT EXISTS (SELECT FROM privacy_auditevent AS event WHERE event.xid = change.xid)
"""
WITHOUT_CHANGE = """
    SELECT count(*) FROM privacy_auditevent AS event
    WHERE action = 'patient.registered' AND NOT EXISTS (
      SELECT FROM privacy_rowchange AS change
      WHERE change.xid = event.xid AND relation = 'crm_patient')
"""


@dataclass(frozen=True)
class Books:
    """What is wrong; all zero and nothing ``amiss`` with the trail when nothing is."""

    changes_without_event: int
    events_without_change: int
    findings: int
    amiss: tuple[str, ...]  # codes of the findings of the verification

    @property
    def bad(self) -> int:
        wrong = self.changes_without_event + self.events_without_change + self.findings
        return wrong + bool(self.amiss)

    def __str__(self) -> str:
        trail = f"is NOT whole: {', '.join(self.amiss)}" if self.amiss else "is whole"
        return (
            f"{self.changes_without_event} changes without event, {self.events_without_change} "
            f"events without change, {self.findings} findings of the comparison, the trail {trail}"
        )


def noted_so_far(owner_url: str) -> int:
    """Where the notes of a rehearsal begin: what was prepared by hand before it has no events."""
    with psycopg.connect(owner_url) as owner:
        row = owner.execute("SELECT coalesce(max(id), 0) FROM privacy_rowchange").fetchone()
    return int(row[0]) if row else 0


def check(owner_url: str, *, since: int = 0) -> Books:
    """Seal what is left, verify the trail, compare all rows with their notes. Django is set up."""
    from privacy.audit.row_sealing import seal_row_changes
    from privacy.audit.sealing import seal_once
    from privacy.audit.verification import verify
    from privacy.custody import reconciling

    while seal_once().more:
        continue
    seal_row_changes()
    run = reconciling.open_run()
    findings = sum(len(step.findings) for step in reconciling.reconcile(run, process="bench"))
    while seal_once().more:
        continue
    with psycopg.connect(owner_url) as owner:
        orphans = owner.execute(WITHOUT_EVENT, [list(OF_ACTS), since]).fetchone()
        empty = owner.execute(WITHOUT_CHANGE).fetchone()
    return Books(
        int(orphans[0]) if orphans else -1,
        int(empty[0]) if empty else -1,
        findings,
        tuple(sorted({one.code for one in verify().findings})),
    )
