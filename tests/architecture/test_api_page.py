"""docs/api.md names every address of the API, and no other."""

import re
from pathlib import Path
from typing import Any

from drf_spectacular.generators import SchemaGenerator

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()
ROW = re.compile(r"^\| `(/api/v1/[^`]*)` \| (.+?) \|", re.MULTILINE)
METHOD = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE):")


def test_the_table_is_the_schema() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    served = {
        path: {method.upper() for method in operations}
        for path, operations in schema["paths"].items()
    }
    told = {path: set(METHOD.findall(methods)) for path, methods in ROW.findall(PAGE)}

    assert told == served


def test_programs_can_rely_on_the_names_of_choices() -> None:
    """Two lists of one name get a hash of their labels, which differ by language."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    names = [name for name in schema["components"]["schemas"] if name.endswith("Enum")]

    assert len(names) > 10
    assert not [name for name in names if re.search(r"[0-9A-Fa-f]{3}Enum$", name)]


def test_a_page_is_described_as_a_page_and_a_list_as_a_list() -> None:
    """The tool takes the answer of every ``list`` for a bare list, or for a page of one."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    kinds = {
        path.rstrip("/").rpartition("/")[2]: _kind(operations["get"], schema)
        for path, operations in schema["paths"].items()
        if "get" in operations and not path.rstrip("/").endswith("}")
    }

    assert {
        "patients": "object",
        "consultations": "object",
        "plans": "array",
    }.items() <= kinds.items()


def _kind(operation: dict[str, Any], schema: dict[str, Any]) -> str:
    (body,) = operation["responses"]["200"]["content"].values()
    name = body["schema"].get("$ref", "").rpartition("/")[2]
    whole = schema["components"]["schemas"][name] if name else body["schema"]
    return str(whole["type"])
