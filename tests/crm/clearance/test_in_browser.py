"""The way through the gate in a real browser: sign, learn, be looked after, leave; axe silent."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, expect

from crm.clearance.courses import ALL, RIGHT
from crm.clearance.models import Sitting
from tests.crm.trail.test_in_browser import SIZES, Watched, take_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def watched(chromium: Browser, live_server) -> Iterator[Watched]:
    context = chromium.new_context(locale="zh-CN", viewport=SIZES[0])
    context.set_default_timeout(10_000)
    yield Watched(context.new_page(), live_server.url)
    context.close()


def test_a_trainee_signs_and_passes_a_test(watched: Watched, trainee, sign_in_as) -> None:
    client: Client = sign_in_as(trainee)
    take_session(watched, client)
    page = watched.page
    watched.open("/", "clearance-own")
    watched.open(reverse("clearance:document", args=["nda"]), "clearance-document")
    page.locator("form .btn.main").click()
    expect(page.locator(".badge.ok")).to_have_count(1)
    watched.open(reverse("clearance:library"), "clearance-library")
    watched.open(reverse("clearance:course", args=["privacy"]), "clearance-course")
    page.locator("form .btn.main").click()
    watched.look("clearance-test")
    sitting = Sitting.objects.get(staff=trainee)
    for key, order in sitting.drawn:
        page.locator(f"input[name={key}][value='{order.index(RIGHT)}']").check(force=True)
    page.locator("form .btn.main").click()
    expect(page.locator("ol .badge.ok")).to_have_count(5)
    watched.look("clearance-result")
    watched.open(reverse("patients:list"), "clearance-codes-only")

    assert {key for key, _order in sitting.drawn} <= {one.key for one in ALL["privacy"].bank}
    assert watched.faults == []


def test_the_administrators_pages(
    watched: Watched, admin, guard, trainee, colleague, patient, sign_in_as
) -> None:
    patient.care_team.create(staff=trainee)
    take_session(watched, sign_in_as(admin))
    page = watched.page
    watched.open(reverse("clearance:overview"), "clearance-overview")
    watched.open(reverse("clearance:clinic-licences"), "clearance-clinic-licences")
    watched.open(reverse("clearance:licences", args=[trainee.pk]), "clearance-licences")
    watched.open(reverse("clearance:leave", args=[trainee.pk]), "clearance-leave")
    page.fill("#id_reason", "合同到期")
    page.select_option("#id_successor", str(colleague.pk))
    page.locator("form .btn.main").click()
    expect(page.locator("main .list li")).to_have_count(5)
    watched.look("clearance-left")
    watched.open("/staff/", "clearance-staff-list")
    take_session(watched, sign_in_as(guard))
    watched.open(reverse("clearance:publish", args=["nda"]), "clearance-publish")

    assert watched.faults == []
