"""The gate for re-sealing lets boxes of both algorithms pass, each for the other (ADR 0027)."""

from django.db import migrations

from privacy.migrations.operations import resealing

_ONE = "substr(was, 1, 2) <> '\\x0101' OR substr(now_is, 1, 2) <> '\\x0101'"
_TWO = (
    "substr(was, 1, 2) NOT IN ('\\x0101', '\\x0102') "
    "OR substr(now_is, 1, 2) NOT IN ('\\x0101', '\\x0102')"
)
_BEGIN, _END = "CREATE FUNCTION reseal_box", "REVOKE ALL ON FUNCTION reseal_box"


def _gate(condition: str) -> str:
    body = resealing.GATE[resealing.GATE.index(_BEGIN) : resealing.GATE.index(_END)]
    if _ONE not in body:
        raise ValueError("the gate is another than the one this changes")
    return body.replace(_ONE, condition).replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


OPERATIONS = [migrations.RunSQL(sql=_gate(_TWO), reverse_sql=_gate(_ONE))]
