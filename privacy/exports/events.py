"""What is booked of an export's life."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class ExportEvent(Event):
    LISTED = "export.listed", Kind.VIEW, _("Opened the exports")
    VIEWED = "export.viewed", Kind.VIEW, _("Opened an export's page")
    COUNTED = "export.counted", Kind.VIEW, _("Counted rows for an export")
    ASKED = "export.asked", Kind.EXPORT, _("Asked for an export")
    ASKED_ABOVE_CAP = (
        "export.asked_above_cap",
        Kind.EXPORT,
        _("Asked for an export that passes the cap of 30 days"),
    )
    AGREED = "export.agreed", Kind.EXPORT, _("Agreed to an export; another has to agree")
    APPROVED = "export.approved", Kind.EXPORT, _("Approved an export")
    REFUSED = "export.refused", Kind.EXPORT, _("Refused an export")
    WITHDRAWN = "export.withdrawn", Kind.EXPORT, _("Withdrew an export")
    OPENED = "export.opened", Kind.EXPORT, _("Read rows for an export file")
    BUILT = "export.built", Kind.EXPORT, _("Built an export file")
    FAILED = "export.failed", Kind.EXPORT, _("An export file was not built")
    DOWNLOADED = "export.downloaded", Kind.EXPORT, _("Downloaded an export file")
    TAMPERED = "export.tampered", Kind.EXPORT, _("An export file was not what was built")
    PASSWORD_SHOWN = "export.password_shown", Kind.EXPORT, _("Saw an export's password")
    DESTROYED = "export.destroyed", Kind.EXPORT, _("Destroyed an export file and its key")
    TRACED = "export.traced", Kind.VIEW, _("Looked up which export something came from")
