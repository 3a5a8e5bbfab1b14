"""What is done to keys."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class KeyEvent(Event):
    """Every change of a key leaves one of these; none of them names a secret."""

    ROTATED = "keys.rotated", Kind.SYSTEM, _("Made a new version of a zone's key")
    REWRAPPED = "keys.rewrapped", Kind.SYSTEM, _("Wrapped data keys under the new version")
    RETIRED = "keys.retired", Kind.SYSTEM, _("Retired an old version of a zone's key")
    GIVEN_UP = "keys.given_up", Kind.SYSTEM, _("Gave up a retired version of a zone's key")
    RENEWED = "keys.renewed", Kind.SYSTEM, _("Gave a patient a new data key")
    RESEALED = "keys.resealed", Kind.SYSTEM, _("Sealed a patient's values with the new data key")
    ERASED = "keys.erased", Kind.CHANGE, _("Erased a patient's data by destroying its keys")
    ERASED_AGAIN = "keys.erased_again", Kind.SYSTEM, _("Erased again what a restore brought back")
    LEDGER_BEGUN = "keys.ledger_begun", Kind.SYSTEM, _("Began a new ledger of erasures")
    ESCROWED = "keys.escrowed", Kind.PRINT, _("Printed the shares of the roots")
    RESTORE_PROVED = "keys.restore_proved", Kind.SYSTEM, _("Proved that a backup can be restored")
    INDEX_PLANNED = "keys.index_planned", Kind.SYSTEM, _("Planned the width of fingerprints")
    VIEWED = "keys.viewed", Kind.VIEW, _("Opened the page of the keys")
    OLD_KEY_DESTROYED = "keys.old_destroyed", Kind.SYSTEM, _("Destroyed a patient's old data key")
