"""The OpenAPI schema laid out for a page: no script, no third-party viewer, our own design."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator

METHODS: Final = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter, or a field of a body."""

    name: str
    kind: str
    required: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    method: str
    path: str
    summary: str
    text: str
    parameters: list[Value]
    body: list[Value]
    answers: list[tuple[str, list[Value]]]


@dataclass(slots=True)
class Group:
    """Operations about one thing."""

    name: str
    operations: list[Operation] = field(default_factory=list)


def groups() -> list[Group]:
    """All operations of the running version, by the first word of their address."""
    return _groups(get_language() or "")


@lru_cache(maxsize=4)
def _groups(_language: str) -> list[Group]:
    # Help texts come translated, so each language has a layout of its own.
    generator: Any = SchemaGenerator  # drf-spectacular is only partly typed
    schema: dict[str, Any] = generator().get_schema(request=None, public=True)
    found: dict[str, Group] = {}
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                name = (methods[method].get("tags") or ["api"])[0]
                group = found.setdefault(name, Group(name))
                group.operations.append(_operation(schema, method, path, methods[method]))
    return sorted(found.values(), key=lambda group: group.name)


def _operation(
    schema: Mapping[str, Any], method: str, path: str, facts: Mapping[str, Any]
) -> Operation:
    bodies = facts.get("requestBody", {}).get("content", {})
    return Operation(
        method=method.upper(),
        path=path,
        summary=facts.get("summary", ""),
        text=facts.get("description", ""),
        parameters=[
            Value(one["name"], _kind(one.get("schema", {})), one.get("required", False),
                  one.get("description", ""))
            for one in facts.get("parameters", [])
        ],
        body=_fields(schema, _first_schema(bodies), sent=True),
        answers=[
            (status, _fields(schema, _first_schema(answer.get("content", {}))))
            for status, answer in facts.get("responses", {}).items()
        ],
    )  # fmt: skip


def _first_schema(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the first media type; all carry the same."""
    for media in content.values():
        found: Mapping[str, Any] = media.get("schema", {})
        return found
    return {}


def _fields(
    schema: Mapping[str, Any], shape: Mapping[str, Any], *, sent: bool = False
) -> list[Value]:
    shape = _resolved(schema, shape)
    if shape.get("type") == "array":
        shape = _resolved(schema, shape.get("items", {}))
    required = shape.get("required", [])
    return [
        Value(name, _kind(_named(schema, one)), name in required, one.get("description", ""))
        for name, one in shape.get("properties", {}).items()
        if not (sent and one.get("readOnly"))
    ]


def _named(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    """The shape with its references followed, so that its kind can be told."""
    parts = shape.get("allOf") or shape.get("oneOf")
    return _resolved(schema, parts[0] if parts else shape)


def _resolved(schema: Mapping[str, Any], shape: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in shape:
        return shape
    name = shape["$ref"].rpartition("/")[2]
    found: Mapping[str, Any] = schema["components"]["schemas"][name]
    return found


def _kind(shape: Mapping[str, Any]) -> str:
    """``string (uuid)``, ``array``, ``a | b`` for one of several words."""
    if "enum" in shape:
        return " | ".join(str(one) for one in shape["enum"])
    form = f" ({shape['format']})" if "format" in shape else ""
    return f"{shape.get('type', 'object')}{form}"
