"""What is booked about plans."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import SIGHT, Event, Kind


class PlanEvent(Event):
    PROPOSED = "plan.proposed", Kind.CHANGE, _("Proposed a follow-up plan")
    ACTIVATED = "plan.activated", Kind.CHANGE, _("Started a follow-up plan")
    PAUSED = "plan.paused", Kind.CHANGE, _("Paused a follow-up plan")
    RESUMED = "plan.resumed", Kind.CHANGE, _("Resumed a follow-up plan")
    STOPPED = "plan.stopped", Kind.CHANGE, _("Stopped a follow-up plan")
    COMPLETED = "plan.completed", Kind.CHANGE, _("Completed a follow-up plan")
    STEP_SKIPPED = "plan.step_skipped", Kind.CHANGE, _("Skipped a follow-up step")
    STEP_RESENT = "plan.step_resent", Kind.CHANGE, _("Queued a follow-up message again")
    VIEWED = "plan.viewed", Kind.VIEW, _("Opened follow-up plans")
    CALL_OPENED = "call.opened", Kind.VIEW, _("Opened a follow-up call"), SIGHT
    CALL_RECORDED = "call.recorded", Kind.CHANGE, _("Recorded the outcome of a call")
