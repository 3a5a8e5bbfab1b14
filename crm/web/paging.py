"""Lists in numbered pages; the number and the size stand in the address, so a list has a link."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from django.core.paginator import Page as DjangoPage
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

SIZES: Final = (20, 50, 100)
Row = TypeVar("Row")
RowModel = TypeVar("RowModel", bound=Model)


class Page(DjangoPage[Row]):
    """One page of a list; templates show it with ``partials/_pager.html``."""

    sizes: Final = SIZES

    @property
    def size(self) -> int:
        return self.paginator.per_page

    @property
    def numbers(self) -> Iterator[int | str]:
        """Page numbers with an ellipsis where many are left out."""
        return self.paginator.get_elided_page_range(self.number, on_each_side=2, on_ends=1)


class _Pages(Paginator[Row]):
    def _get_page(self, *args: Any, **kwargs: Any) -> Page[Row]:
        return Page(*args, **kwargs)


def page_of(
    request: HttpRequest, rows: "QuerySet[RowModel] | Sequence[Row]", *, size: int = SIZES[0]
) -> "Page[Any]":
    """The page that ``?page=&size=`` ask for; the nearest one if they ask for nonsense.

    ``rows`` must be ordered. Sizes are 20, 50 or 100; anything else is ``size``.
    """
    asked = request.GET.get("size", "")
    size = int(asked) if asked in {str(one) for one in SIZES} else size
    page = _Pages(rows, size).get_page(request.GET.get("page"))
    if not isinstance(page, Page):
        raise TypeError("the paginator makes pages of its own kind")
    return page
