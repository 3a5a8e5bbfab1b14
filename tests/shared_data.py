"""The clinic's shared test data, where this machine has it."""

import os
from pathlib import Path

import pytest

_HOME = Path(__file__).resolve().parents[1]


def shared(path: str) -> Path:
    """The file ``path`` under the shared data folder; skips the test where it is not present.

    SUIAN_SHARED_DATA names the folder; by default it lies beside the checkout.
    """
    folder = Path(os.environ.get("SUIAN_SHARED_DATA", _HOME.parent / "shared" / "data"))
    if not (folder / path).is_file():
        pytest.skip(f"no shared data at {folder / path}")
    return folder / path
