"""What somebody with the owner's password could do to the trail: fences down, SQL, fences up."""

from tests.conftest import owner_connection
from tests.fences import fences_down

TABLES = ("privacy_auditevent", "privacy_auditseal", "privacy_auditcheckpoint")


def tamper(*statements: str, tables: tuple[str, ...] = TABLES) -> None:
    """Run statements as the owner with all triggers of the tables switched off; commits."""
    with owner_connection() as owner, owner.transaction(), fences_down(owner, *tables):
        for statement in statements:
            owner.execute(statement)
