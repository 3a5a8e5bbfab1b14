"""Locked records let a box be sealed anew under a new data key, and nothing else (ADR 0011).

Each fence is put up again as it stood, with one condition more; see privacy's ``resealing``.
"""

from django.db import migrations

EVERY = "INSERT OR UPDATE OR DELETE"
# Table, trigger, events, condition of before, function.
FENCES = (
    (
        "consult_consultation",
        "consultation_stays_submitted",
        "UPDATE OR DELETE",
        "OLD.status = 'submitted'",
        "consultation_refuse_change",
    ),
    ("consult_turn", "turn_stays_submitted", EVERY, "", "consultation_refuse_turn"),
    ("consult_addendum", "addendum_stays", "UPDATE OR DELETE", "", "consultation_refuse_change"),
    ("consult_estimate", "fees_guard_estimate", "UPDATE OR DELETE", "", "fees_guard_estimate"),
    ("consult_estimateversion", "fees_guard_version", EVERY, "", "fees_guard_version"),
    ("consult_estimateline", "fees_guard_line", EVERY, "", "fees_guard_line"),
)


def _fences(gate: str) -> str:
    made = []
    for table, trigger, events, condition, function in FENCES:
        when = " AND ".join(part for part in (condition, gate) if part)
        made.append(
            f"CREATE OR REPLACE TRIGGER {trigger} BEFORE {events} ON {table} FOR EACH ROW "
            f"{f'WHEN ({when}) ' if when else ''}EXECUTE FUNCTION {function}();"
        )
    return "\n".join(made)


OPERATIONS = [migrations.RunSQL(sql=_fences("NOT resealing()"), reverse_sql=_fences(""))]
