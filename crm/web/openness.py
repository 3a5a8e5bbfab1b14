"""Marks the few views that work without sign-in. Everything else is closed."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponseBase

ViewFunc = Callable[..., HttpResponseBase]


def public(reason: str) -> Callable[[ViewFunc], ViewFunc]:
    """Open a view to strangers; ``reason`` says why, for the test that lists all open doors."""

    def decorate(view: ViewFunc) -> ViewFunc:
        opened: Any = login_not_required(view)
        opened.public_reason = reason
        return opened  # type: ignore[no-any-return]  # the same view, marked

    return decorate
