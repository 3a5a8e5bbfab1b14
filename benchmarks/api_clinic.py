"""The clinic that odd calls of the API are about: who calls, what is there, bodies that are taken.

A body made from the schema alone is nearly always refused at the door. ``grafted`` puts a twig or
two of such a body on one that the service would carry out, so that odd values come as far as rules,
database and boxes.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

if TYPE_CHECKING:  # Django is set up first
    from consult.fees.models import EstimateVersion
    from crm.patients.models import Patient
    from crm.staff.models import User
    from followup.plans.models import Plan

PREFIX: Final = "/api/v1/patients/"
TWIGS: Final = (0, 1, 1, 2)  # of an odd body on a good one
Body = dict[str, Any]


def grafted(good: Any, odd: Any, dice: random.Random) -> Any:
    """``good`` with one value, somewhere, as ``odd`` has it; shapes that do not meet are odd's."""
    if isinstance(good, dict) and isinstance(odd, dict) and odd:
        name = dice.choice(list(odd))
        value = grafted(good[name], odd[name], dice) if name in good else odd[name]
        return {**good, name: value}
    if isinstance(good, list) and isinstance(odd, list) and good and odd:
        return [grafted(good[0], odd[0], dice), *good[1:]]
    return odd


@dataclass(frozen=True)
class Clinic:
    """A member of staff with a token for all that the role may do, and patients to call about.

    ``elsewhere`` is a patient of another clinic: no call about them may be answered.
    """

    user: "User"
    secret: str
    patient: "Patient"
    elsewhere: "Patient"
    doctor: "User"
    dice: random.Random

    @property
    def makers(self) -> dict[str, Callable[[], Body]]:
        """A body that can be carried out now, by the end of the address it is posted to."""
        return {
            PREFIX: self._registration,
            "consents/": self._consent,
            "consultations/": self._consultation,
            "addenda/": lambda: {"kind": "addition", "text": "补充：已约周三复诊"},
            "estimates/": self._estimate,
            "issue/": lambda: {"revision": self._draft().revision},
            "plans/": self._new_plan,
            "pause/": lambda: {"version": self._plan("active").version, "reason": "patient_wish"},
            "resume/": lambda: {"version": self._plan("paused").version},
            "stop/": lambda: {"version": self._plan("active").version, "reason": "clinical"},
        }

    def body_for(self, path: str) -> Body | None:
        """``path`` as the schema has it. None where nothing is posted."""
        found = next((make for end, make in self.makers.items() if path.endswith(end)), None)
        return found() if found else None

    def address_for(self, path: str) -> Body:
        """The path's keywords, so that it leads to something that is there."""
        makers: dict[str, Callable[[], str]] = {
            "code": lambda: self.patient.code,
            "number": lambda: (
                self._number() if path.endswith("{number}/") else self._draft_number()
            ),
            "consultation_id": self._locked,
            "id": lambda: str(self._plan("paused" if path.endswith("resume/") else "active").pk),
        }
        return {name: make() for name, make in makers.items() if f"{{{name}}}" in path}

    def _registration(self) -> Body:
        """One name in two is somebody's already, and then the double is asked about."""
        body = {
            "name": self.dice.choice(["王芳", f"欧阳{chr(0x4E00 + self.dice.randrange(9_000))}"]),
            "phone": f"1380{self.dice.randrange(10**6, 10**7)}",
            "chief_complaint": "备孕一年未果",
            "sex": "female",
            "birth_year": "1990",
            "marital_status": "single",
        }
        known = {"set_aside": [self.patient.code], "set_aside_reason": "same_name"}
        return body | self.dice.choice([{}, {}, known])

    def _consent(self) -> Body:
        from privacy.consent.selectors import cells_of

        cell = self.dice.choice(cells_of(self.patient, "zh-hans"))
        tomorrow = self.user.created_at.date() + timedelta(days=self.dice.randrange(1, 400))
        return {
            "cell": cell.key,
            "answer": self.dice.choice(["granted", "refused", "paused", "withdrawn"]),
            "manner": "spoken",
            "text_sha256": cell.text.sha256 if cell.text else "",
            "until": self.dice.choice([None, tomorrow.isoformat()]),
        }

    def _consultation(self) -> Body:
        from django.utils import timezone

        hour = timedelta(hours=1)
        return {
            "channel": "wecom",
            "started_at": (timezone.now() - hour).isoformat(),
            "source": "brand_search",
            "worries": ["fees"],
            "disposition": "refer_to_visit",
            "next_step": "contact_again",
            "next_contact_at": (timezone.now() + 24 * hour).isoformat(),
            "need_clarity": "clear",
            "explained": ["optional"],
            "keyword": "促排 费用",
            "note": "先看预估再约，电话 13800138000",
            "turns": [
                {"speaker": "patient", "text": "促排要多少钱？", "said_at": None},
                {"speaker": "staff", "text": "费用分四类，我发您预估。"},
            ],
        }

    def _estimate(self) -> Body:
        line = {
            "category": "basic",
            "item": "B 超监测",
            "unit": "次",
            "quantity": "6",
            "low": "320.00",
            "high": "400",
            "coverage": "partial",
            "insurance": "按医保目录结算",
            "optional": False,
            "by_occurrence": False,
        }
        medicine = line | {"category": "medicine", "item": "促排药", "optional": True}
        return {"title": "促排卵方案", "lines": [line, medicine]}

    def _new_plan(self) -> Body:
        from django.utils import timezone

        from followup.plans.selectors import current_templates
        from followup.reminders.services import stop_plans_of

        stop_plans_of(patient=self.patient, reason="mistake", actor=self.doctor)
        return {
            "template": self.dice.choice([one.code for one in current_templates()[:3]]),
            "anchor_on": timezone.localdate().isoformat(),
            "skip_past": True,
            "only_propose": self.dice.random() < 0.2,
        }

    def _draft(self) -> "EstimateVersion":
        """An estimate's draft, made anew when the last one was issued."""
        from consult.fees.models import EstimateVersion
        from tests.factories.fees import line, make_version

        drafts = EstimateVersion.objects.filter(estimate__patient=self.patient, state="draft")
        found = drafts.select_related("estimate").order_by("created_at").last()
        return found or make_version(self.patient, self.doctor, lines=[line(), line("激素六项")])

    def _draft_number(self) -> str:
        return str(self._draft().estimate.number)

    def _number(self) -> str:
        from consult.fees.models import Estimate

        numbers = Estimate.objects.filter(patient=self.patient).order_by("number")
        return self.dice.choice(list(numbers.values_list("number", flat=True)))

    def _locked(self) -> str:
        from consult.consultations.models import Consultation

        locked = Consultation.objects.filter(patient=self.patient, status="submitted")
        return str(self.dice.choice(list(locked.order_by("pk")[:5].values_list("pk", flat=True))))

    def _plan(self, state: str) -> "Plan":
        from followup.plans.models import Plan
        from tests.factories.followup import PlanFactory, StepFactory

        found = Plan.objects.filter(patient=self.patient, state=state).order_by("pk").last()
        if found is None:
            why = "patient_wish" if state == "paused" else ""
            code = uuid4().hex[:12]
            found = PlanFactory.create(
                patient=self.patient, template__code=code, state=state, reason=why
            )
            found.template.is_current = False
            found.template.save()
            StepFactory.create(plan=found, call=True)
        return found


def make_clinic(role: str, dice: random.Random) -> Clinic:
    """A clinic of its own, whose ``patient`` has something of everything. Needs a database."""
    from crm.messaging.services import ensure_shipped_templates
    from crm.staff.services import issue_token
    from followup.plans.services import ensure_shipped_plan_templates
    from privacy.access.policy import Permission, can
    from privacy.consent.services import ensure_consent_texts
    from tests.factories.messages import answer
    from tests.factories.people import PatientFactory, UserFactory
    from tests.factories.whole import whole_patient

    ensure_shipped_templates()
    ensure_shipped_plan_templates()
    ensure_consent_texts()
    patient = whole_patient(phone="+8613800130000")
    user = UserFactory.create(clinic=patient.clinic, role=role)
    doctor = UserFactory.create(clinic=patient.clinic, role="doctor")
    for one in (user, doctor):
        patient.care_team.create(staff=one)
    answer(patient, channel="sms")
    answer(patient, channel="call")
    scopes = [one for one in Permission if can(user, one)]
    _token, secret = issue_token(
        user=user, name="odd calls", scopes=scopes, lifetime=timedelta(days=1)
    )
    return Clinic(user, secret, patient, PatientFactory.create(), doctor, dice)
