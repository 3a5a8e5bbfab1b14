"""docs/api.md names every address of the API, and no other."""

import re
from pathlib import Path

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
