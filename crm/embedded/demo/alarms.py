"""What raises alerts: somebody breaks the glass, somebody opens a file nobody has a reason to."""

from collections.abc import Mapping, Sequence

from crm.access_requests.services import breaking
from crm.honey.models import HoneyRecord
from crm.patients.models import Patient
from crm.patients.selectors import patient_by_code
from crm.patients.services.viewing import open_patient
from crm.staff.models import User


def set_off(patients: Sequence[Patient], *, staff: Mapping[str, User]) -> None:
    """Acts as people do them; the worker's own watch reads them in the trail and raises alerts."""
    breaking.break_glass(
        actor=staff["hs001"],
        code=patients[5].code,
        reason="患者来电自述剧烈腹痛、头晕，需要立刻核对近期用药和过敏史",
    )
    leafing = staff["qt001"]  # the desk reaches everybody
    code = HoneyRecord.objects.visible_to(leafing)[0].plain_code()
    open_patient(staff=leafing, patient=patient_by_code(leafing, code))
