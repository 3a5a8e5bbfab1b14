"""Signing with a fresh second factor; a new edition asks everybody again."""

import time
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from crm.clearance import selectors, services
from crm.clearance.models import Document, Signature
from crm.staff.session_store import FACTOR_AT
from crm.web.idempotency import FIELD, new_key
from privacy.errors import Conflict, DomainError
from tests.crm.clearance.conftest import sign_all
from tests.factories.people import UserFactory


@pytest.fixture
def nda() -> Document:
    found = selectors.edition("nda")
    assert found is not None
    return found


def edition(guard, *, slug: str = "nda", days: int = 0) -> Document:
    return services.publish(
        slug=slug,
        titles=("协议", "Agreement"),
        bodies=("新的正文", "New text"),
        applies_from=timezone.localdate() + timedelta(days=days),
        actor=guard,
    )


def post(client, document: Document, **more):
    address = reverse("clearance:sign", args=[document.slug, document.number])
    return client.post(address, {FIELD: new_key(), "sha256": document.sha256, **more})


def test_a_signature_names_person_words_and_moment(sign_in_as, trainee, nda, events) -> None:
    answer = post(sign_in_as(trainee), nda)

    assert answer["Location"] == reverse("clearance:own")
    signature = Signature.objects.get(staff=trainee, document=nda)
    assert signature.sha256 == nda.sha256
    assert signature.language == "zh-hans"
    event = events("clearance.signed")[-1]
    assert (event.actor, event.target) == (trainee.pk, "document:nda")
    assert event.detail["sha256"] == nda.sha256


def test_an_old_second_factor_is_asked_for_again(sign_in_as, trainee, nda) -> None:
    client = sign_in_as(trainee)
    session = client.session
    session[FACTOR_AT] = int(time.time()) - 6 * 60
    session.save()

    assert post(client, nda).status_code == 422
    assert not Signature.objects.filter(staff=trainee).exists()


def test_signing_twice_is_signing_once(trainee, nda) -> None:
    first = services.sign(user=trainee, document=nda, sha256=nda.sha256, language="en")
    again = services.sign(user=trainee, document=nda, sha256=nda.sha256, language="en")
    assert first.pk == again.pk


def test_other_words_than_the_documents_are_not_signed(sign_in_as, trainee, nda) -> None:
    assert post(sign_in_as(trainee), nda, sha256="0" * 64).status_code == 409
    assert not Signature.objects.filter(staff=trainee).exists()


def test_a_new_edition_asks_everybody_again(guard, trainee, clear, stranger) -> None:
    clear(trainee)
    assert trainee.cleared_until is not None

    made = edition(guard)
    trainee.refresh_from_db()

    assert made.number == 2
    assert trainee.cleared_until is None
    sign_all(trainee)
    trainee.refresh_from_db()
    assert trainee.cleared_until is not None
    stranger.refresh_from_db()
    assert stranger.cleared_until is None  # an operator's texts hold at all its sites


def test_an_edition_to_come_ends_clearances_the_day_before(guard, trainee, clear) -> None:
    clear(trainee)
    made = edition(guard, days=10)
    trainee.refresh_from_db()
    assert trainee.cleared_until == timezone.localdate() + timedelta(days=9)

    services.sign(user=trainee, document=made, sha256=made.sha256, language="en")
    assert trainee.cleared_until > made.applies_from


def test_a_superseded_edition_is_signed_no_more(guard, trainee, nda) -> None:
    edition(guard)
    with pytest.raises(Conflict):
        services.sign(user=trainee, document=nda, sha256=nda.sha256, language="en")


def test_a_new_policy_is_to_be_read_and_gates_nothing(guard, trainee, clear) -> None:
    clear(trainee)
    until = trainee.cleared_until
    edition(guard, slug="clean-desk")
    trainee.refresh_from_db()
    assert trainee.cleared_until == until
    missing = selectors.standing_of(trainee).missing
    assert [line.key for line in missing] == ["clean-desk"]


def test_nothing_is_published_for_yesterday(guard) -> None:
    with pytest.raises(DomainError):
        edition(guard, days=-1)


def test_the_security_administrator_publishes_and_nobody_else(
    sign_in_as, guard, admin, trainee, nda, events
) -> None:
    form = {
        "title_zh": "协议", "title_en": "Agreement", "body_zh": "正文", "body_en": "Text",
        "applies_from": timezone.localdate().isoformat(),
    }  # fmt: skip
    address = reverse("clearance:publish", args=["nda"])
    for person in (admin, trainee):
        assert sign_in_as(person).post(address, {FIELD: new_key(), **form}).status_code == 403
    client = sign_in_as(guard)
    assert client.post(address, {FIELD: new_key(), **form}).status_code == 302
    assert Document.objects.filter(slug="nda").count() == 2
    assert events("clearance.published")[-1].detail["number"] == 2

    fresh = reverse("clearance:publish-new")
    assert client.get(fresh).status_code == 200
    assert client.get(reverse("clearance:publish", args=["none"])).status_code == 404
    taken = client.post(fresh, {FIELD: new_key(), "slug": "nda", **form})
    assert taken.status_code == 422
    past = {**form, "applies_from": "2020-01-01", "slug": "desk"}
    assert client.post(fresh, {FIELD: new_key(), **past}).status_code == 422
    assert client.post(fresh, {FIELD: new_key(), "slug": "desk", **form}).status_code == 302


def test_the_pages_show_what_holds_what_comes_and_what_was(sign_in_as, guard, trainee, nda) -> None:
    client = sign_in_as(trainee)
    page = reverse("clearance:document", args=["nda"])
    assert reverse("clearance:sign", args=["nda", 1]) in client.get(page).content.decode()
    post(client, nda)
    assert reverse("clearance:sign", args=["nda", 1]) not in client.get(page).content.decode()

    edition(guard, days=3)
    coming = reverse("clearance:edition", args=["nda", 2])
    assert coming in client.get(reverse("clearance:library")).content.decode()
    assert client.get(coming).status_code == 200
    edition(guard)
    old = client.get(reverse("clearance:edition", args=["nda", 1])).content.decode()
    assert reverse("clearance:sign", args=["nda", 1]) not in old
    assert client.get(reverse("clearance:document", args=["none"])).status_code == 404


def test_who_comes_later_is_asked_too(clinic, guard, nda) -> None:
    edition(guard)
    newcomer = UserFactory.create(clinic=clinic, cleared_until=None)
    sign_all(newcomer)
    assert selectors.evidence_of([newcomer])[newcomer.pk].signed["nda"] == {2}


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_keeps_what_was_signed(trainee, nda, change) -> None:
    signature = services.sign(user=trainee, document=nda, sha256=nda.sha256, language="en")
    row = Signature.objects.filter(pk=signature.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        row.update(language="zh") if change == "update" else row.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Document.objects.filter(pk=nda.pk).update(title_en="x")
