"""What raises alerts: somebody breaks the glass, somebody opens a file nobody has a reason to."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from crm.access_requests.services import breaking
from crm.honey.models import HoneyRecord
from crm.incidents import services as incidents
from crm.incidents.services import Description, Scope
from crm.patients.models import Patient
from crm.patients.selectors import patient_by_code
from crm.patients.services.looking_up import TooManyLookups, count_lookup
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
    for _ in range(settings.LOOKUPS_A_MINUTE + 1):  # and searches until the cap is reached
        with suppress(TooManyLookups):
            count_lookup(leafing)
    code = HoneyRecord.objects.visible_to(leafing)[0].plain_code()
    open_patient(staff=leafing, patient=patient_by_code(leafing, code))
    _drill(staff["aq001"])


def _drill(keeper: User) -> None:
    """An incident that nobody is suspected of, as it is practised once a year."""
    known = timezone.now() - timedelta(minutes=25)
    drill = incidents.declare(
        title="应急演练：备份介质在运输途中遗失", known_at=known, since=known - timedelta(days=1),
        until=known, suspect=None, actor=keeper,
    )  # fmt: skip
    incidents.choose_scope(incident_id=drill.pk, scope=Scope(all_patients=True), actor=keeper)
    incidents.describe(
        incident_id=drill.pk,
        told=Description(
            data_kinds=("contact", "talks"), cause="介质在送往异地库房途中遗失，运输交接记录不全",
            told_happened="存有部分就诊资料的备份介质在送往异地库房途中遗失",
            told_done="我们已停用这份备份，并重新备份、核对运输交接",
            harm="介质已加密且密钥分开保管，被读取的可能性很小", contact="机构前台，工作时间",
        ),
        actor=keeper,
    )  # fmt: skip
    for kind, text in (
        ("measure", "已停用该介质对应的备份密钥，并改用另一套介质重新备份"),
        ("internal_report", "已报机构负责人，初步定为一般事件"),
    ):
        incidents.add_step(incident_id=drill.pk, kind=kind, text=text, actor=keeper)
