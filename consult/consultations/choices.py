"""The lists a consultation is described by: codes for the database, words for the screen."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from consult.consultations import rules
from privacy.minimisation.spans import Kind


class Channel(models.TextChoices):
    """How patient and clinic talked (S21, S22)."""

    WECOM = "wecom", _("WeCom")
    WEBSITE_CHAT = "website_chat", _("Website chat")
    PHONE = "phone", _("Phone call")
    VISIT = "visit", _("In person")
    MESSAGE_BOARD = "message_board", _("Message board")
    OTHER = "other", pgettext_lazy("consultation channel", "Other channel")


class Source(models.TextChoices):
    """Where the enquiry came from (S23); word of mouth first."""

    REFERRAL = "referral", _("Told by someone they know")
    BRAND_SEARCH = "brand_search", _("Search · the clinic's name")
    TOPIC_SEARCH = "topic_search", _("Search · a complaint")
    TYPED = "typed", _("Typed the address")
    LINK = "link", _("A link on another site")
    EVENT = "event", _("A free consultation day")
    RETURNING = "returning", _("A patient coming back")
    OTHER = "other", pgettext_lazy("enquiry source", "Another source")
    UNKNOWN = "unknown", pgettext_lazy("enquiry source", "Not known")


class NeedClarity(models.TextChoices):
    """Whether the person came with one clear worry or for knowledge in general (S25)."""

    CLEAR = "clear", _("One clear worry")
    UNCLEAR = "unclear", _("Wants to learn in general")


class Worry(models.TextChoices):
    """What the patient is concerned about (S25): categories, never the patient's own words."""

    FEES = "fees", pgettext_lazy("worry", "Fees")
    TREATMENT = "treatment", pgettext_lazy("worry", "Why this treatment")
    EFFECT = "effect", pgettext_lazy("worry", "Effect")
    RISK = "risk", pgettext_lazy("worry", "Risks")
    PRIVACY = "privacy", pgettext_lazy("worry", "Privacy")
    SCHEDULE = "schedule", pgettext_lazy("worry", "Scheduling")
    DOCTOR = "doctor", pgettext_lazy("worry", "Doctors and team")
    SYMPTOM = "symptom", pgettext_lazy("worry", "A symptom")
    OTHER = "other", pgettext_lazy("worry", "Something else")


class Explained(models.TextChoices):
    """What staff made plain (S36, S38, S66)."""

    INDIVIDUAL = "individual", _("Every person differs")
    OPTIONAL = "optional", _("Optional items are not necessary")
    RISKS = "risks", _("Possible risks")
    MAY_STOP = "may_stop", _("May stop at any time")
    NO_DIAGNOSIS = "no_diagnosis", _("Advice online is no diagnosis")
    FEES = "fees", _("What the fees consist of")
    CONFIDENTIAL = "confidential", _("The talk is confidential")


class Disposition(models.TextChoices):
    """Where the patient goes from here; mandatory, "unknown" is an honest answer (S37)."""

    REFER_TO_VISIT = rules.Disposition.REFER_TO_VISIT.value, _("Advised to come in person")
    EMERGENCY = rules.Disposition.EMERGENCY.value, _("Sent to emergency care")
    SELF_CARE = rules.Disposition.SELF_CARE.value, _("Care at home, watch")
    UNKNOWN = rules.Disposition.UNKNOWN.value, pgettext_lazy("disposition", "Not certain")


class NextStep(models.TextChoices):
    """What happens next (S32)."""

    AWAIT_PATIENT = "await_patient", _("Wait for the patient's answer")
    BOOK_VISIT = "book_visit", _("Arrange a visit")
    SEND_ESTIMATE = "send_estimate", _("Give a fee estimate")
    CONTACT_AGAIN = rules.CONTACT_AGAIN, _("Contact again")
    NO_CONTACT = "no_contact", _("No contact for now")


class Speaker(models.TextChoices):
    """The side of the talk a turn belongs to."""

    PATIENT = rules.Speaker.PATIENT.value, pgettext_lazy("speaker", "Patient")
    STAFF = rules.Speaker.STAFF.value, pgettext_lazy("speaker", "Staff")
    UNKNOWN = rules.Speaker.UNKNOWN.value, pgettext_lazy("speaker", "Not clear")


NUMBERS = {
    Kind.PHONE: _("phone numbers"),
    Kind.ID_CARD: _("identity numbers"),
    Kind.BANK_CARD: _("bank cards"),
    Kind.EMAIL: _("e-mail addresses"),
    Kind.WECHAT: _("WeChat ids"),
    Kind.QQ: _("QQ numbers"),
}
