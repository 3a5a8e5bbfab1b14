"""The registry: a patient row without identity, and beside it what is sealed."""

from collections.abc import Iterable
from typing import ClassVar, Final, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from crm.patients import reach
from crm.patients.reach import Condition, Holds, WayIn
from crm.staff.models import Clinic, User
from privacy.encryption.blind_index import index_value, index_values, keyed_mark, name_tokens
from privacy.encryption.fields import Sealed, SealedField, Zone
from privacy.encryption.rules import narrowed, span_of
from privacy.pseudonyms.models import Subject
from privacy.pseudonyms.rules import display_code
from privacy.receipts import Receipt
from privacy.records import Record, RetentionClass

SealedText = Sealed | None  # what a sealed field reads as


def person_mark(staff: User) -> bytes:
    """What a guard keeps of the colleague who is the patient: whoever reads the table without the
    root does not learn that somebody of the staff is a patient here."""
    return keyed_mark("guard/person", str(staff.pk))


def oneself(staff: User) -> Condition:
    """The record of ``staff`` as a patient here."""
    return reach.oneself(person_mark(staff))


class PatientQuerySet(models.QuerySet["Patient"]):
    # What opens a patient beside the care team: rooms above add theirs when the app is ready.
    ways_in: ClassVar[dict[str, WayIn]] = {}
    # Those of them that others have agreed to: nobody agrees to a use of break-glass.
    agreed_ways: ClassVar[dict[str, WayIn]] = {}
    # Those that hold for a restricted record too: break-glass, which is judged (ADR 0040).
    emergency_ways: ClassVar[dict[str, WayIn]] = {}
    # By role: which records make a patient the work of those who care for nobody (ADR 0037).
    work: ClassVar[dict[str, list[WayIn]]] = {}

    def known_to(self, staff: User) -> Self:
        """Own clinic, whoever cares for them, but never one's own record: codes for a queue."""
        return self.filter(Holds(~oneself(staff)), clinic_id=staff.clinic_id)

    def visible_to(self, staff: User) -> Self:
        """Own clinic; but for the desk whose care team they are on, whom their work is about, or to
        whom there is another way in now; none whose record is restricted. Each is tried patient by
        patient, so a list in order of registration stops at its page: keys read as a list are ten
        times slower (ADR 0023).
        """
        return self.filter(Holds(self.seen_by(staff)), clinic_id=staff.clinic_id)

    def met_by(self, staff: User) -> Self:
        """Whom ``staff`` sees, or would but for a restriction: of these they may know that the
        record is restricted (R15)."""
        return self.known_to(staff).filter(Holds(~self._beyond(staff)))

    @classmethod
    def seen_by(cls, staff: User) -> Condition:
        """What ``visible_to`` asks besides the clinic."""
        return ~oneself(staff) & ~cls._shut_to(staff)

    @classmethod
    def _beyond(cls, staff: User) -> Condition:
        return reach.beyond(staff, cls.ways_in.values(), cls.work.get(staff.role, ()))

    @classmethod
    def _shut_to(cls, staff: User) -> Condition:
        return reach.shut_to(staff, cls._beyond(staff), cls.emergency_ways.values())

    def let_in_by_others(self, staff: User) -> Self:
        """Whom ``staff`` sees as one of the care team, or because others agreed to it."""
        seen = reach.on_team(staff)
        for way in self.agreed_ways.values():
            seen |= way(staff)
        return self.known_to(staff).filter(Holds(seen & ~reach.RESTRICTED))

    def with_shut(self, staff: User) -> Self:
        """With ``shut``: whether ``staff`` may know the code and nothing else."""
        return self.annotate(shut=Holds(self._shut_to(staff)))

    def cared_for_by(self, staff: User, *, restricted: bool = False) -> Self:
        """Of whom ``staff`` may write: a way in beside the care team is for looking only, and of a
        restricted record nobody writes. ``restricted``: who would, but for that."""
        mine = reach.on_team(staff) | reach.by_role(staff, self.work.get(staff.role, ()))
        mine = mine if restricted else mine & ~reach.RESTRICTED
        return self.known_to(staff).filter(Holds(mine))


class Patient(Record):
    """A person in the clinic's care, known by code. Nothing here says who they are."""

    class Status(models.TextChoices):
        PROVISIONAL = "provisional", _("Provisional")
        ACTIVE = "active", _("Active")
        RESTRICTED = "restricted", _("Restricted")
        INACTIVE = "inactive", _("Inactive")

    class Stage(models.TextChoices):
        """Where the talk stands: neutral words, never a value of the person (U10, R12)."""

        NEW = "new", _("New")
        IN_CONVERSATION = "in_conversation", _("In conversation")
        ESTIMATE_GIVEN = "estimate_given", _("Estimate given")
        IN_TREATMENT = "in_treatment", _("In treatment")
        FOLLOW_UP = "follow_up", _("In follow-up")
        CLOSED = "closed", _("Closed")

    NO_CONTACT: ClassVar = frozenset({Status.RESTRICTED, Status.INACTIVE})

    retention = RetentionClass.CLINICAL
    subject = models.OneToOneField(Subject, on_delete=models.PROTECT, related_name="patient")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    stage = models.CharField(max_length=16, choices=Stage, default=Stage.NEW)
    same_sex_staff = models.BooleanField(default=False)  # asked for (S48)
    registered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = PatientQuerySet.as_manager()

    class Meta:
        constraints = [
            # The patient's key is its subject's key: sealed values elsewhere bind to patient_id.
            models.CheckConstraint(name="patient_is_its_subject", condition=Q(id=F("subject_id"))),
        ]
        indexes = [
            models.Index(name="patients_of_clinic", fields=["clinic", "-created_at", "id"]),
            models.Index(name="patients_by_stage", fields=["clinic", "stage", "-created_at", "id"]),
            models.Index(
                name="patients_by_status", fields=["clinic", "status", "-created_at", "id"]
            ),
            # Few, and asked for at every look (ADR 0035).
            models.Index(
                name="patients_restricted", fields=["id"], condition=Q(status="restricted")
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The random code; join ``subject`` when listing."""
        return self.subject.code

    @property
    def spaced_code(self) -> str:
        """The code in two groups, for reading aloud: "7K2M-9QXA"."""
        return display_code(self.code)


ALIKE: Final = (
    "{key} = ANY (ARRAY(SELECT alike.id FROM crm_patientcontact alike"
    " WHERE alike.{field}_index = ANY (%s)))"
)


class PatientContactQuerySet(models.QuerySet["PatientContact"]):
    def visible_to(self, staff: User) -> Self:
        """Those of the patients that ``staff`` may see."""
        seen = Holds(PatientQuerySet.seen_by(staff), key="patient_id")
        return self.filter(seen, patient__clinic_id=staff.clinic_id)

    def may_have_phone(self, phone: str) -> Self:
        """Candidates by blind index for a normalised number; open them to be sure."""
        return self._alike("phone", phone)

    def may_have_id_number(self, id_number: str) -> Self:
        """Candidates by blind index for a normalised ID number."""
        return self._alike("id_number", id_number)

    def _alike(self, field: str, value: str) -> Self:
        """Found first, by index alone. As a plain condition a look-up of every width looks like
        hundreds of rows to Postgres, which then reads all patients to join them (ADR 0004)."""
        sql = ALIKE.replace("{field}", field)
        return self.filter(Holds(Condition(sql, (index_values(field, value),))))

    def of_another_width(self, bits: int) -> Self:
        """Whose phone or ID number has a fingerprint that is not ``bits`` wide, erased ones left
        out: theirs find nobody."""
        first, end = span_of(bits)
        other = Q()
        for name in ("phone_index", "id_number_index"):
            other |= Q(**{f"{name}__gte": 0, f"{name}__lt": first}) | Q(**{f"{name}__gte": end})
        return self.filter(other)

    def may_be_named(self, parts: Iterable[tuple[str, str]]) -> Self:
        """Candidates whose name tokens hold all the given (kind, text) parts."""
        return self.filter(name_tokens__contains=name_tokens(parts))


def search_token(kind: str, value: str) -> str:
    """What the trail may keep of a search term: the fingerprint that several terms share.

    As wide as stored ones: beside the patient who was found it tells as much as theirs.
    """
    return f"{index_value(kind, value):06x}"


class PatientContact(Record):
    """How to address and reach the person: the contact zone, which can be destroyed alone."""

    retention = RetentionClass.CONTACT_LOG
    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="contact")
    name = SealedField(zone=Zone.CONTACT)  # legal name or just a form of address
    phone = SealedField(zone=Zone.CONTACT)
    id_number = SealedField(zone=Zone.CONTACT)
    phone_index = models.IntegerField(null=True)
    id_number_index = models.IntegerField(null=True)
    name_tokens = ArrayField(models.IntegerField(), default=list, blank=True)

    objects = PatientContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="phone_and_its_index_together",
                condition=Q(phone__isnull=True, phone_index__isnull=True)
                | Q(phone__isnull=False, phone_index__isnull=False),
            ),
            models.CheckConstraint(
                name="id_number_and_its_index_together",
                condition=Q(id_number__isnull=True, id_number_index__isnull=True)
                | Q(id_number__isnull=False, id_number_index__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="contact_phone_index", fields=["phone_index"]),
            models.Index(name="contact_id_number_index", fields=["id_number_index"]),
            GinIndex(name="contact_name_tokens", fields=["name_tokens"]),
        ]

    def __str__(self) -> str:
        return f"contact of {self.patient_id}"

    def set_phone(self, phone: str) -> None:
        """Take a normalised number (or "") with its blind index."""
        self.phone = phone or None
        self.phone_index = index_value("phone", phone) if phone else None

    def set_id_number(self, id_number: str) -> None:
        """Take a normalised ID number (or "") with its blind index."""
        self.id_number = id_number or None
        self.id_number_index = index_value("id_number", id_number) if id_number else None

    def narrow(self, bits: int) -> bool:
        """Cut both fingerprints to ``bits``, opening nothing; False if they are not as wide."""
        try:
            phone, id_number = (
                narrowed(self.phone_index, bits),
                narrowed(self.id_number_index, bits),
            )
        except ValueError:
            return False
        self.phone_index, self.id_number_index = phone, id_number
        return True

    def widen(self, bits: int, receipt: Receipt) -> None:
        """Make both fingerprints anew, ``bits`` wide. Raises: Unreadable; nothing is set then."""
        phone = self.phone.reveal(receipt) if self.phone else ""
        id_number = self.id_number.reveal(receipt) if self.id_number else ""
        self.phone_index = index_value("phone", phone, bits=bits) if phone else None
        self.id_number_index = index_value("id_number", id_number, bits=bits) if id_number else None

    def set_name(self, name: str, parts: Iterable[tuple[str, str]]) -> None:
        """Take a name with its search tokens; no tokens where the clinic switched them off."""
        self.name = name
        self.name_tokens = name_tokens(parts) if settings.NAME_SEARCH else []


class PatientClinical(Record):
    """What the person said about themselves: the clinical zone, kept 15 years."""

    DECLINED = "declined"

    retention = RetentionClass.CLINICAL
    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="clinical")
    chief_complaint = SealedField(zone=Zone.CLINICAL, pad=256)
    sex = SealedField(zone=Zone.CLINICAL)
    birth_year = SealedField(zone=Zone.CLINICAL)
    marital_status = SealedField(zone=Zone.CLINICAL)

    def __str__(self) -> str:
        return f"clinical data of {self.patient_id}"


class PatientGuardQuerySet(models.QuerySet["PatientGuard"]):
    def live(self) -> Self:
        """What guards now."""
        return self.filter(until__isnull=True)


class PatientGuard(Record):
    """A mark that keeps a patient to a named care team, from when until when (T1, R18).

    What was marked stays: the trigger lets a mark be lifted once, and nothing be deleted.
    """

    class Kind(models.TextChoices):
        VIP = "vip", _("In the public eye")
        STAFF = "staff", _("Works here")
        MINOR = "minor", _("Under 18")
        OTHER = "other", _("Another reason")

    retention = RetentionClass.CLINICAL
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="guards")
    kind = models.CharField(max_length=5, choices=Kind)
    reason = SealedField(zone=Zone.CLINICAL, pad=256)
    person_mark = models.BinaryField(max_length=32, null=True)
    since = models.DateTimeField()
    marked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lift_reason = SealedField(zone=Zone.CLINICAL, pad=256)
    lift_asked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lift_asked_at = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = PatientGuardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="guarded_once_for_a_ground",
                fields=["patient", "kind"],
                condition=Q(until__isnull=True),
            ),
            models.CheckConstraint(
                name="guard_is_marked_by_somebody",
                condition=Q(kind="minor") | Q(marked_by__isnull=False),
            ),
            models.CheckConstraint(
                name="guard_of_staff_names_whom",
                condition=Q(kind="staff", person_mark__isnull=False)
                | Q(kind__in=["vip", "minor", "other"], person_mark__isnull=True),
            ),
            models.CheckConstraint(
                name="guard_lift_is_asked_by_somebody",
                condition=Q(lift_asked_by__isnull=True, lift_asked_at__isnull=True)
                | Q(lift_asked_by__isnull=False, lift_asked_at__isnull=False),
            ),
            models.CheckConstraint(
                name="guard_is_lifted_by_two",
                condition=Q(until__isnull=True, lifted_by__isnull=True)
                | Q(until__gte=F("since"), lifted_by__isnull=False, lift_asked_by__isnull=False)
                & (Q(kind__in=["other", "minor"]) | ~Q(lifted_by=F("lift_asked_by"))),
            ),
        ]
        indexes = [
            models.Index(name="guards_live", fields=["patient"], condition=Q(until__isnull=True)),
            models.Index(
                name="guards_of_person",
                fields=["person_mark"],
                condition=Q(until__isnull=True, person_mark__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.patient_id}"

    @property
    def trail_target(self) -> str:
        """How the audit trail names this mark."""
        return f"guard:{self.pk}"


class HiddenDouble(Record):
    """A registration that may be a guarded patient again, for whoever cares for that patient.

    Who registered was told nothing: the answer "known already" would give the patient away.
    """

    retention = RetentionClass.CLINICAL
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="hidden_doubles")
    newcomer = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    same = models.BooleanField(null=True)
    settled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="hidden_double_once", fields=["patient", "newcomer"]),
            models.CheckConstraint(
                name="hidden_double_settled_by_somebody",
                condition=Q(same__isnull=True, settled_by__isnull=True, settled_at__isnull=True)
                | Q(same__isnull=False, settled_by__isnull=False, settled_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.newcomer_id} may be {self.patient_id}"
