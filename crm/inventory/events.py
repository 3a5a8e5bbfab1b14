"""What is booked about the data inventory."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class InventoryEvent(Event):
    VIEWED = "inventory.viewed", Kind.VIEW, _("Opened the data inventory")
    EXPORTED = "inventory.exported", Kind.EXPORT, _("Exported the data inventory")
