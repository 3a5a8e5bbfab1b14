"""What the trail says about consultations."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import ROUTINE, SIGHT, Event, Kind


class ConsultationEvent(Event):
    """From the first draft to the last addendum, and what an import brought."""

    LISTED = "consultation.listed", Kind.VIEW, _("Looked through consultations")
    OPENED = "consultation.opened", Kind.VIEW, _("Opened a consultation"), SIGHT
    DRAFT_STARTED = "consultation.draft_started", Kind.CHANGE, _("Began a consultation record")
    DRAFT_SAVED = (
        "consultation.draft_saved", Kind.CHANGE, _("Saved a consultation draft"), ROUTINE
    )  # fmt: skip
    TALK_CHANGED = (
        "consultation.talk_changed", Kind.CHANGE, _("Set a recorded talk right"), ROUTINE
    )  # fmt: skip
    DRAFT_DISCARDED = "consultation.draft_discarded", Kind.CHANGE, _("Discarded a draft")
    ASKS_COUNTED = (
        "consultation.asks_counted", Kind.SYSTEM, _("Counted the questions for name or phone")
    )  # fmt: skip
    SUBMITTED = "consultation.submitted", Kind.CHANGE, _("Submitted a consultation")
    ADDED_TO = "consultation.added_to", Kind.CHANGE, _("Added to a consultation")
    IMPORT_STARTED = "consultation.import_started", Kind.IMPORT, _("Began to import consultations")
    IMPORTED = "consultation.imported", Kind.IMPORT, _("Imported consultations")
    IMPORT_ENDED = "consultation.import_ended", Kind.IMPORT, _("Finished importing consultations")
