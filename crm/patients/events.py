"""What is booked about the registry."""

from django.utils.translation import gettext_lazy as _

from privacy.audit.events import SIGHT, Event, Kind


class PatientEvent(Event):
    REGISTERED = "patient.registered", Kind.CHANGE, _("Registered the patient")
    COMPARED = "patient.compared", Kind.SYSTEM, _("Compared with what was typed")
    SIMILAR_SHOWN = "patient.similar_shown", Kind.VIEW, _("Was shown a possible double")
    NOBODY_SIMILAR = "patient.nobody_similar", Kind.VIEW, _("Asked for doubles and found nobody")
    SET_ASIDE = "patient.set_aside", Kind.CHANGE, _("Registered somebody similar as another person")
    CONTACT_CHANGED = "patient.contact_changed", Kind.CHANGE, _("Changed the contact data")
    FORMER_REMOVED = (
        "patient.former_removed",
        Kind.CHANGE,
        _("Removed former contact data, kept for 180 days"),
    )
    LISTED = "patient.listed", Kind.VIEW, _("Opened the list of patients")
    OPENED = "patient.opened", Kind.VIEW, _("Opened the patient's page"), SIGHT
    TRAIL_VIEWED = "patient.trail_viewed", Kind.VIEW, _("Looked up who had looked"), SIGHT
    TIMELINE_VIEWED = (
        "patient.timeline_viewed", Kind.VIEW, _("Opened the patient's timeline"), SIGHT
    )  # fmt: skip
    REVEALED = "patient.revealed", Kind.REVEAL, _("Saw plain text")
    OFF_HOURS = "patient.off_hours", Kind.VIEW, _("Said why to look while the clinic is closed")
    JOINED_TEAM = "patient.joined_team", Kind.CHANGE, _("Added to the care team")
    JOINED_AT_DESK = (
        "patient.joined_at_desk",
        Kind.CHANGE,
        _("Added to the care team at the desk, on the day of a visit"),
    )
    LEFT_TEAM = "patient.left_team", Kind.CHANGE, _("Removed from the care team")
    TEAM_HANDED_OVER = "patient.team_handed_over", Kind.CHANGE, _("Handed the care team place over")
    STAGE_CHANGED = "patient.stage_changed", Kind.CHANGE, _("Changed the stage")
    AGE_READ = "patient.age_read", Kind.SYSTEM, _("Read the age, for who may see the record")
    REINDEXED = "patient.reindexed", Kind.SYSTEM, _("Rebuilt fingerprints in another width")
    GUARDED = "patient.guarded", Kind.ACCESS, _("Guarded the patient")
    GUARD_LIFT_ASKED = (
        "patient.guard_lift_asked",
        Kind.ACCESS,
        _("Proposed to guard the patient no longer"),
    )
    GUARD_LIFTED = "patient.guard_lifted", Kind.ACCESS, _("Ended the guard over the patient")
    GUARD_KEPT = "patient.guard_kept", Kind.ACCESS, _("Kept the guard over the patient")
    GUARDS_LISTED = "patient.guards_listed", Kind.VIEW, _("Opened the guarded patients")
    FACTS_VIEWED = "patient.facts_viewed", Kind.VIEW, _("Looked up what was asked for"), SIGHT
    FACT_TAKEN = "patient.fact_taken", Kind.CHANGE, _("Took down an answer of the patient")
    HIDDEN_DOUBLE = "patient.hidden_double", Kind.SYSTEM, _("Told a care team of a likely double")
    DOUBLE_SETTLED = "patient.double_settled", Kind.CHANGE, _("Compared a likely double")
    CODE_ISSUED = "patient.visit_code_issued", Kind.CHANGE, _("Issued the code of the day")
    LABEL_PRINTED = "patient.label_printed", Kind.PRINT, _("Printed a label")
    TICKET_PRINTED = "patient.ticket_printed", Kind.PRINT, _("Printed a waiting ticket")
