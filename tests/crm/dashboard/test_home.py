"""Everybody has a first page."""

import pytest
from django.urls import reverse

from crm.dashboard import views
from privacy.access.policy import Role
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [*Role])
def test_every_role_lands_on_a_page_that_opens(sign_in_as, clinic, role):
    client = sign_in_as(UserFactory.create(clinic=clinic, role=role))

    answer = client.get("/", follow=True)

    assert answer.status_code == 200, answer.redirect_chain


def test_a_role_whose_pages_are_not_built_gets_the_list_of_pages(sign_in_as, clinic, monkeypatch):
    monkeypatch.setattr(views, "HOMES", {})
    client = sign_in_as(UserFactory.create(clinic=clinic, role=Role.DOCTOR))

    assert reverse("patients:list") in client.get("/").content.decode()


def test_strangers_are_sent_to_the_sign_in(client):
    assert client.get("/")["Location"].startswith("/sign-in/")
