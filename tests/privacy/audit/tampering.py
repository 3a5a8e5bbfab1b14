"""What somebody with the owner's password could do to the trail: fences down, SQL, fences up."""

from tests.conftest import owner_connection

TABLES = ("privacy_auditevent", "privacy_auditseal", "privacy_auditcheckpoint")


def tamper(*statements: str) -> None:
    """Run statements as the owner with all triggers of the trail switched off."""
    with owner_connection() as owner:
        owner.execute("BEGIN")
        partitions = owner.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'privacy_auditevent'::regclass"
        ).fetchall()
        for table in (*TABLES, *(name for (name,) in partitions)):
            owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            owner.execute(statement)
        left = owner.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent = 'privacy_auditevent'::regclass"
        ).fetchall()
        for table in (*TABLES, *(name for (name,) in left)):
            owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        owner.execute("COMMIT")
