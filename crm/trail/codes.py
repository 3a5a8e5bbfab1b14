"""What fields, outcomes and processes are called on the console: one word for every code in use."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise

# As ``model.field``, the way events name them.
FIELDS: Final[Mapping[str, Words]] = {
    "patientcontact.name": _("name"),
    "patientcontact.phone": _("phone number"),
    "patientcontact.id_number": _("ID number"),
    "formercontact.name": _("former name"),
    "formercontact.phone": _("former phone number"),
    "patientclinical.chief_complaint": _("chief complaint"),
    "patientclinical.sex": _("sex"),
    "patientclinical.birth_year": _("year of birth"),
    "patientclinical.marital_status": _("marital status"),
    "patientguard.reason": _("why the patient is guarded"),
    "patientguard.lift_reason": _("why the guard should end"),
    "consultation.keyword": _("search phrase"),
    "consultation.note": _("note on the talk"),
    "consultation.unsent": _("unsent line of the draft"),
    "consultation.department": _("department"),
    "turn.label": _("speaker"),
    "turn.text": _("text of the talk"),
    "addendum.text": _("text of the addendum"),
    "estimate.title": _("title of the estimate"),
    "estimate.amount": _("amount of the estimate"),
    "estimateversion.reason": _("reason for the change"),
    "estimateline.item": _("item"),
    "estimateline.unit": _("unit"),
    "estimateline.insurance_note": _("note on insurance"),
    "apianswer.body": _("kept answer"),
}
OUTCOMES: Final[Mapping[str, Words]] = {
    "ok": _("Succeeded"),
    "denied": _("Refused"),
    "failed": _("Failed"),
    "stopped": _("Held back"),
}
PROCESSES: Final[Mapping[str, Words]] = {
    "age": _("Check of the age"),
    "access-request": _("Check whether two must agree"),
    "alerts": _("Alerts out of the trail"),
    "archive_month": _("Command: archive a month"),
    "another-clinic": _("Somebody of another clinic"),
    "api": _("API, token unknown"),
    "asking": _("Count of questions for name or phone"),
    "arrival": _("Check at arrival"),
    "cipher": _("Opening of sealed values"),
    "clearance": _("Reminders of clearance"),
    "contact-change": _("Check before correcting"),
    "dispatch": _("Sending of messages"),
    "doubles": _("Search for doubles"),
    "end_all_sessions": _("Command: end all sessions"),
    "erase_patient": _("Command: erase a patient"),
    "compare_consents": _("Nightly comparison of consents"),
    "consent-texts": _("Ending of consents whose text has changed"),
    "escrow_roots": _("Command: roots on paper"),
    "export_audit": _("Command: export the trail"),
    "exports": _("Look after export files"),
    "row_notes": _("Command: who changed a row"),
    "follow-up": _("Follow-up by plan"),
    "former-contact": _("Nightly removal of former contact data"),
    "head-copies": _("Heads of the trail for others"),
    "hunt_plaintext": _("Command: look for plain text"),
    "joint-review": _("Drawing for the joint review"),
    "outbox": _("Outbox"),
    "patient": _("The patient"),
    "enrolment_code": _("Command: enrolment code"),
    "prove_restore": _("Command: prove a restore"),
    "rebuild_index": _("Fitting of fingerprints to the number of patients"),
    "record_assurance": _("Command: report the security figures"),
    "reconcile_rows": _("Nightly comparison of rows"),
    "reencrypt": _("Command: seal anew"),
    "replay_erasures": _("Erasing again after a restore"),
    "restore_month": _("Command: open an archive"),
    "retire_month": _("Command: drop a month"),
    "retire_keys": _("Command: retire keys"),
    "rewrap_keys": _("Command: wrap keys anew"),
    "rotate_keys": _("Command: change keys"),
    "sealer": _("Sealing of the trail"),
    "search": _("Search"),
    "seed_demo": _("Story of the demo clinic"),
    "separation": _("Nightly search for one person on both sides"),
    "separation_report": _("Command: separation of duties"),
    "set-up": _("Setting up"),
    "sign-in": _("Sign-in, account unknown"),
    "sms-callback": _("Answers of the SMS company"),
    "verify_audit": _("Command: verify the trail"),
    "verify_nightly": _("Nightly verification"),
}


def field_label(path: str) -> Words:
    """The word for ``model.field``; the path where an older version wrote one we know no more."""
    return FIELDS.get(path, path)


def process_label(process: str) -> Words:
    """The word for a job, a command or whoever else is nobody of the staff."""
    return PROCESSES.get(process, process)
