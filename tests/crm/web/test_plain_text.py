"""Reasons and notes: patients by code, nobody by number, name or address; nothing typed is lost."""

import pytest
from django import forms

from crm.access_requests import forms as access
from crm.alerts import forms as alerts
from crm.clearance import forms as clearance
from crm.custody import forms as custody
from crm.exports import forms as exports
from crm.incidents import forms as incidents
from crm.joint_review import forms as review
from crm.patients import reason_forms as patients
from crm.patients import team_forms as team
from crm.trail import forms as trail
from crm.web.plain_text import PlainText

# Every text of a form that the trail keeps.
KEPT = [
    (access.AskForm, "reason"),
    (access.DecisionForm, "refusal"),
    (access.BreakGlassForm, "reason"),
    (access.VerdictForm, "words"),
    (access.LiftForm, "reason"),
    (alerts.CloseForm, "note"),
    (clearance.LeavingForm, "reason"),
    (custody.AskErasureForm, "wish"),
    (custody.AskLiftForm, "why"),
    (custody.CallOffForm, "why"),
    (custody.KeepForm, "why"),
    (custody.RestrictForm, "wish"),
    (exports.AskForm, "reason"),
    (exports.AskForm, "recipient_why"),
    (exports.DecisionForm, "refusal"),
    (incidents.DeclareForm, "title"),
    (incidents.StepForm, "text"),
    (incidents.CloseForm, "summary"),
    (incidents.DescriptionForm, "told_happened"),
    (incidents.DescriptionForm, "cause"),
    (incidents.DescriptionForm, "harm"),
    (incidents.DescriptionForm, "told_done"),
    (patients.RevealForm, "reason"),
    (team.TeamForm, "note"),
    (review.FindingForm, "text"),
    (review.AnswerForm, "text"),
    (review.CloseForm, "text"),
    (review.ExtraForm, "reason"),
    (trail.ExportForm, "reason"),
    (trail.MonthForm, "reason"),
    (trail.RetirementForm, "reason"),
]
NAMED = "张伟的家属来电询问检查结果"


class Form(forms.Form):
    reason = PlainText()


@pytest.mark.parametrize(
    ("form", "name"),
    KEPT,
    ids=lambda one: one if isinstance(one, str) else f"{one.__module__}.{one.__name__}",
)
def test_every_text_of_the_trail_is_looked_through(form: type[forms.Form], name: str) -> None:
    assert isinstance(form.base_fields[name], PlainText)


def test_a_number_is_refused_and_what_was_typed_stays() -> None:
    form = Form({"reason": "家属来电 13812345678 请回电"})
    assert not form.is_valid()
    assert "13812345678" in str(form["reason"])
    assert 'type="checkbox"' not in form["reason"].as_field_group()


def test_a_name_is_asked_about_and_the_tick_says_it_is_none() -> None:
    form = Form({"reason": NAMED})
    assert not form.is_valid()
    assert "张伟" in form.errors["reason"][0]
    page = form["reason"].as_field_group()
    assert NAMED in page
    assert 'name="reason_names_nobody"' in page
    form = Form({"reason": NAMED, "reason_names_nobody": "on"})
    assert form.is_valid()
    assert " checked" in form["reason"].as_field_group()


def test_a_tick_lets_no_number_through() -> None:
    text = {"reason": "家属来电 13812345678 请回电", "reason_names_nobody": "on"}
    assert not Form(text).is_valid()


def test_everyday_words_pass_without_a_question() -> None:
    form = Form({"reason": "家属来电询问，需要核对预约时间"})
    assert form.is_valid()
    assert "checkbox" not in form["reason"].as_field_group()


@pytest.mark.parametrize(
    "form", [access.DecisionForm, exports.DecisionForm], ids=["access", "exports"]
)
def test_a_refusal_that_names_somebody_is_told_once_and_not_called_too_short(form) -> None:
    sent = form({"decision": "refuse", "refusal": NAMED})
    assert not sent.is_valid()
    assert len(sent.errors["refusal"]) == 1
    short = form({"decision": "refuse", "refusal": "短"})
    assert not short.is_valid()
    assert len(short.errors["refusal"]) == 1
