"""What is booked about the registry."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import Event, Kind


class PatientEvent(Event):
    REGISTERED = "patient.registered", Kind.CHANGE, _("Registered the patient")
    COMPARED = "patient.compared", Kind.SYSTEM, _("Compared with what was typed")
    SIMILAR_SHOWN = "patient.similar_shown", Kind.VIEW, _("Was shown a possible double")
    NOBODY_SIMILAR = "patient.nobody_similar", Kind.VIEW, _("Asked for doubles and found nobody")
    SET_ASIDE = "patient.set_aside", Kind.CHANGE, _("Registered somebody similar as another person")
    CONTACT_CHANGED = "patient.contact_changed", Kind.CHANGE, _("Changed the contact data")
    LISTED = "patient.listed", Kind.VIEW, _("Opened the list of patients")
    OPENED = "patient.opened", Kind.VIEW, _("Opened the patient's page")
    TRAIL_VIEWED = "patient.trail_viewed", Kind.VIEW, _("Looked up who had looked")
    TIMELINE_VIEWED = "patient.timeline_viewed", Kind.VIEW, _("Opened the patient's timeline")
    REVEALED = "patient.revealed", Kind.REVEAL, _("Saw plain text")
    JOINED_TEAM = "patient.joined_team", Kind.CHANGE, _("Added to the care team")
    LEFT_TEAM = "patient.left_team", Kind.CHANGE, _("Removed from the care team")
    TEAM_HANDED_OVER = "patient.team_handed_over", Kind.CHANGE, _("Handed the care team place over")
    STAGE_CHANGED = "patient.stage_changed", Kind.CHANGE, _("Changed the stage")
    CODE_ISSUED = "patient.visit_code_issued", Kind.CHANGE, _("Issued the code of the day")
    LABEL_PRINTED = "patient.label_printed", Kind.PRINT, _("Printed a label")
    TICKET_PRINTED = "patient.ticket_printed", Kind.PRINT, _("Printed a waiting ticket")
