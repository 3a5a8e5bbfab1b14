"""What lies in the cache is JSON: Django's own way would run what a taken queue puts there."""

import json
from typing import Any


class JsonSerializer:
    """Counts, marks and lists of moments; anything else raises TypeError when it is stored."""

    def dumps(self, value: Any) -> int | str:
        # Whole numbers stay as they are: the server counts them up itself.
        return value if type(value) is int else json.dumps(value)

    def loads(self, data: bytes) -> Any:
        return json.loads(data)
