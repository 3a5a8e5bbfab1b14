"""Every address the product answers to, and what its door says about who may pass."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from privacy.access.policy import Permission

NAMED_GROUP = re.compile(r"\(\?P<(\w+)>")
CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
UNPACKED = ("view_class", "cls")


@dataclass(frozen=True)
class Route:
    """One pattern with its view; ``kwargs`` in the order of the address."""

    pattern: str
    name: str
    kwargs: tuple[str, ...]
    view: Any

    @property
    def is_api(self) -> bool:
        return self.pattern.startswith("api/")

    @property
    def door(self) -> Any:
        """What carries the declarations: the view function, or the class behind it."""
        return next((getattr(self.view, one) for one in UNPACKED if hasattr(self.view, one)),
                    self.view)  # fmt: skip

    @property
    def actions(self) -> Mapping[str, str]:
        """HTTP method to action of a viewset; empty for anything else."""
        found: Mapping[str, str] = getattr(self.view, "actions", None) or {}
        return found

    @property
    def public_reason(self) -> str:
        return str(
            getattr(self.view, "public_reason", "") or getattr(self.door, "public_reason", "")
        )

    @property
    def for_all_staff(self) -> bool:
        return bool(getattr(self.door, "for_all_staff", False))

    @property
    def is_declared(self) -> bool:
        """Whether every way through this door is spoken for."""
        if self.public_reason or self.for_all_staff:
            return True
        held = getattr(self.door, "required_permissions", None)
        if isinstance(held, Mapping):
            return bool(self.actions) and set(self.actions.values()) <= set(held)
        return bool(held)

    def needs(self, method: str) -> tuple[Permission, ...]:
        """Any of these opens the door for ``method``; empty: nobody is asked for one."""
        held = getattr(self.door, "required_permissions", ())
        if isinstance(held, Mapping):
            action = self.actions.get(method.lower())
            return (held[action],) if action else ()
        return tuple(held)

    def takes(self, method: str) -> bool:
        """False where a viewset has no such action."""
        return not self.actions or method.lower() in self.actions


def routes() -> list[Route]:
    """All patterns of the resolver; one each where a router offers format suffixes besides."""
    return list(_walk(get_resolver().url_patterns, "", ()))


def _walk(patterns: list[Any], prefix: str, spaces: tuple[str, ...]) -> Iterator[Route]:
    for entry in patterns:
        pattern = prefix + str(entry.pattern).removeprefix("^")
        if isinstance(entry, URLResolver):
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from _walk(entry.url_patterns, pattern, inner)
        elif isinstance(entry, URLPattern):
            name = ":".join((*spaces, entry.name or ""))
            kwargs = tuple(NAMED_GROUP.findall(pattern) or CONVERTER.findall(pattern))
            yield Route(pattern=pattern, name=name, kwargs=kwargs, view=entry.callback)
