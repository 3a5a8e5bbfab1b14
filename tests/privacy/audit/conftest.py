"""Taking rights away from the app's role, and giving them back."""

from collections.abc import Callable, Iterator

import pytest

from privacy.migrations.operations import audit
from tests.conftest import owner_connection


@pytest.fixture
def grant() -> Iterator:
    """``grant(sql)`` runs as the owner; the trail's own grants are restored afterwards."""

    def run(statement: str) -> None:
        with owner_connection() as owner:
            owner.execute(statement)

    yield run
    run(audit.GRANTS)


@pytest.fixture
def trail_down(grant) -> Callable[[], None]:
    """``trail_down()``: from now on no event can be written."""

    def stop() -> None:
        columns = audit.GRANTS.partition("GRANT INSERT (")[2].partition(")")[0]
        grant(f"REVOKE INSERT ({columns}) ON privacy_auditevent FROM suian_app")

    return stop
