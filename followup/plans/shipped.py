"""The plan templates that come with the product. Titles are for staff; patients never see them."""

from dataclasses import dataclass
from datetime import time
from typing import Final

from crm.patients.models import Patient
from followup.plans.models import Kind

MORNING: Final = time(10, 0)
AFTERNOON: Final = time(15, 0)


@dataclass(frozen=True, slots=True)
class StepDraft:
    """Days from the anchor, wall time, and the wording's code for an SMS ("" for a call)."""

    offset_days: int
    title: str
    message_code: str = ""
    at: time = MORNING

    @property
    def kind(self) -> Kind:
        return Kind.SMS if self.message_code else Kind.CALL


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    code: str
    name: str
    anchor_label: str
    steps: tuple[StepDraft, ...]
    version: int = 1
    stage: Patient.Stage = Patient.Stage.FOLLOW_UP  # how far a patient is who starts it


TEMPLATES: Final = (
    TemplateDraft(
        "first-visit",
        "首诊后 7 天",
        "首诊日",
        (
            StepDraft(1, "首诊后第 1 天", "F-03"),
            StepDraft(3, "首诊后第 3 天", at=AFTERNOON),
            StepDraft(7, "首诊后第 7 天", "F-02"),
        ),
        stage=Patient.Stage.IN_CONVERSATION,
    ),
    TemplateDraft(
        "stimulation",
        "促排 14 天",
        "用药第 1 天",
        (
            StepDraft(0, "用药第 1 天", "F-01"),
            StepDraft(2, "用药第 3 天", at=AFTERNOON),
            StepDraft(4, "用药第 5 天", "F-01"),
            StepDraft(7, "用药第 8 天", at=AFTERNOON),
            StepDraft(10, "用药第 11 天", "F-02"),
            StepDraft(13, "用药第 14 天", at=AFTERNOON),
        ),
        stage=Patient.Stage.IN_TREATMENT,
    ),
    TemplateDraft(
        "transfer",
        "移植后 28 天",
        "移植日",
        (
            StepDraft(1, "移植后第 1 天", at=AFTERNOON),
            StepDraft(7, "移植后第 7 天", "F-03"),
            StepDraft(13, "移植后第 13 天：复查提醒", "F-02"),
            StepDraft(14, "移植后第 14 天", at=AFTERNOON),
            StepDraft(28, "移植后第 28 天", at=AFTERNOON),
        ),
    ),
    TemplateDraft(
        "surgery",
        "术后 14 天",
        "手术日",
        (
            StepDraft(1, "术后第 1 天", at=AFTERNOON),
            StepDraft(3, "术后第 3 天", "F-01"),
            StepDraft(7, "术后第 7 天", at=AFTERNOON),
            StepDraft(14, "术后第 14 天", "F-04"),
        ),
    ),
)


def stage_of(code: str) -> Patient.Stage:
    """How far a patient is who starts a plan of this template; one of the clinic's own is
    taken for what most plans are: what comes after treatment."""
    known = {draft.code: draft.stage for draft in TEMPLATES}
    return known.get(code, Patient.Stage.FOLLOW_UP)
