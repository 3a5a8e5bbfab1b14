"""Numbered pages whose whole state stands in the address."""

import pytest
from django.test import Client, RequestFactory

from crm.web.paging import page_of

ROWS = list(range(260))


def asked(query: str) -> list[int]:
    return list(page_of(RequestFactory().get(f"/?{query}"), ROWS))


@pytest.mark.parametrize(
    ("query", "first", "length"),
    [
        ("", 0, 20),
        ("page=2", 20, 20),
        ("size=50&page=2", 50, 50),
        ("size=100&page=3", 200, 60),
        ("page=99", 240, 20),  # the last one
        ("page=-1", 240, 20),
        ("page=x", 0, 20),
        ("size=7", 0, 20),
        ("size=100000", 0, 20),
    ],
)
def test_the_page_asked_for_or_the_nearest(query: str, first: int, length: int) -> None:
    rows = asked(query)

    assert (rows[0], len(rows)) == (first, length)


@pytest.mark.django_db
@pytest.mark.urls("tests.crm.web.urls")
def test_links_keep_the_filters_and_drop_what_no_longer_fits() -> None:
    html = Client().get("/page/?lane=overdue&page=2").content.decode()

    assert 'href="?lane=overdue&amp;page=3"' in html
    assert 'href="?lane=overdue&amp;size=50"' in html
    assert 'aria-current="page"' in html
    assert "共 260 条" in html
    assert 'rel="next"' in html
