"""People made up for tests. Numbers are synthetic; never dial them."""

from datetime import date
from typing import Any

import factory
from factory.django import DjangoModelFactory

from crm.patients.models import Patient, PatientClinical, PatientContact
from crm.staff.models import Clinic, User
from privacy.access.policy import Role
from privacy.pseudonyms.models import Subject
from privacy.pseudonyms.services import issue_subject

PASSWORD = "correct horse battery"


class ClinicFactory(DjangoModelFactory[Clinic]):
    class Meta:
        model = Clinic

    name = factory.Sequence(lambda n: f"院区 {n}")


class UserFactory(DjangoModelFactory[User]):
    """A signed-up, cleared member of staff; ``role=`` decides what they may do.

    ``cleared_until=None`` for one who has not been through the gate.
    """

    class Meta:
        model = User
        skip_postgeneration_save = True

    staff_no = factory.Sequence(lambda n: f"s{n:04d}")
    display_name = factory.Sequence(lambda n: f"员工{n}")
    role = Role.CONSULTANT
    clinic = factory.SubFactory(ClinicFactory)
    cleared_until = date.max

    @factory.post_generation
    def password(user: User, create: bool, value: str | None) -> None:
        user.set_password(value or PASSWORD)
        if create:
            user.save()


def number_of(role: Role) -> str:
    """Staff number of somebody new with this role: for commands that ask who runs them."""
    return UserFactory.create(role=role).staff_no


def through_the_gate(user: User) -> User:
    """Clear somebody who was made by the services, without evidence: for other rooms' tests."""
    user.cleared_until = date.max
    user.save(update_fields=["cleared_until", "updated_at"])
    return user


def in_another_role(user: User, role: str = Role.CONSULTANT) -> User:
    """The same account as if its role had changed, unsaved: the database lets none (ADR 0026)."""
    other = User.objects.get(pk=user.pk)
    other.role = role
    return other


class SubjectFactory(DjangoModelFactory[Subject]):
    class Meta:
        model = Subject

    @classmethod
    def _create(cls, model_class: type[Subject], *args: Any, **kwargs: Any) -> Subject:
        return issue_subject()


class PatientFactory(DjangoModelFactory[Patient]):
    """A registered patient with contact and clinical rows; ``name=``, ``phone=`` to choose."""

    class Meta:
        model = Patient
        skip_postgeneration_save = True

    clinic = factory.SubFactory(ClinicFactory)

    @classmethod
    def _create(cls, model_class: type[Patient], *args: Any, **kwargs: Any) -> Patient:
        subject = issue_subject()
        return super()._create(model_class, *args, id=subject.pk, subject=subject, **kwargs)

    @factory.post_generation
    def contact(patient: Patient, create: bool, value: dict[str, str] | None) -> None:
        value = value or {}
        contact = PatientContact(patient=patient)
        contact.set_name(value.get("name", "王芳"), [("whole", value.get("name", "王芳"))])
        contact.set_phone(value.get("phone", "+8613800138000"))
        contact.set_id_number(value.get("id_number", ""))
        contact.save()
        PatientClinical.objects.create(
            patient=patient, chief_complaint=value.get("chief_complaint", "备孕一年未果")
        )
