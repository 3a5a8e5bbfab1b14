"""What is booked about the web itself."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class WebEvent(Event):
    ANSWER_REPEATED = "api.answer_repeated", Kind.VIEW, _("Got an answer of the API once more")
    PAGE_REPEATED = "page.repeated", Kind.VIEW, _("Looked at a refused form's page once more")
