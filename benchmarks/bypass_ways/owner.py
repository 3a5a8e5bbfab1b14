"""With the sign-in of the database's owner: what a thief of that password, or a migration, can."""

from benchmarks.bypass_ways.app import MOVE
from benchmarks.bypass_ways.scene import Way, said

SWAP = "UPDATE crm_patientcontact SET phone = name WHERE patient_id = '{key}'"
LEAVE = "DELETE FROM crm_careteammember WHERE patient_id = '{key}'"
VIEW = "CREATE VIEW quietly AS SELECT * FROM crm_patient"


def off(table: str) -> str:
    return f"ALTER TABLE {table} DISABLE TRIGGER USER"


def on(table: str) -> tuple[str, ...]:
    """The fences of a table as they have to be."""
    return (
        "DO $$ DECLARE fence name; BEGIN FOR fence IN SELECT tgname FROM pg_trigger WHERE tgrelid "
        f"= '{table}'::regclass AND NOT tgisinternal LOOP "
        f"EXECUTE format('ALTER TABLE {table} ENABLE ALWAYS TRIGGER %I', fence); "
        "END LOOP; END $$",
    )


def unseen(name: str, table: str, *statements: str) -> Way:
    """Triggers off, the change, triggers on again as if nothing had been."""
    return said(name, off(table), *statements, *on(table), owner=True)


WAYS = (
    said("owner: UPDATE", MOVE, owner=True),
    said("owner: a part's name lied about", "SET suian.process = 'setup'", MOVE, owner=True),
    said("owner: a writable view", VIEW, "UPDATE quietly SET stage = 'closed' WHERE id = '{key}'",
         owner=True, mend=["DROP VIEW quietly"]),
    said("owner: a function", "CREATE FUNCTION quietly() RETURNS void LANGUAGE sql SECURITY "
         f"DEFINER AS $$ {MOVE} $$", "SELECT quietly()", owner=True,
         mend=["DROP FUNCTION quietly"]),
    said("owner: a rule on a table", "CREATE TABLE bait (id int)", "CREATE RULE quietly AS ON "
         f"INSERT TO bait DO ALSO {MOVE}", "INSERT INTO bait VALUES (1)", owner=True,
         mend=["DROP TABLE bait"]),
    said("owner: a cascade of its own", "CREATE TABLE root (id uuid PRIMARY KEY)",
         "INSERT INTO root SELECT patient_id FROM crm_careteammember",
         "ALTER TABLE crm_careteammember ADD CONSTRAINT quietly FOREIGN KEY (patient_id) "
         "REFERENCES root ON DELETE CASCADE", "DELETE FROM root WHERE id = '{key}'", owner=True,
         mend=["ALTER TABLE crm_careteammember DROP CONSTRAINT quietly", "DROP TABLE root"]),
    said("owner: TRUNCATE", "TRUNCATE crm_careteammember", owner=True),
    said("owner: triggers off by replica", "SET session_replication_role = 'replica'", MOVE,
         owner=True, mend=["RESET session_replication_role"]),
    unseen("owner: a box, triggers off", "crm_patientcontact", SWAP),
    unseen("owner: a row taken away, triggers off", "crm_careteammember", LEAVE),
    said("owner: a row put back, triggers off",
         "CREATE TABLE kept AS SELECT * FROM crm_careteammember WHERE patient_id = '{key}'", LEAVE,
         off("crm_careteammember"), "UPDATE kept SET updated_at = now()",
         "INSERT INTO crm_careteammember SELECT * FROM kept", *on("crm_careteammember"),
         owner=True, mend=["DROP TABLE kept"]),
    said("owner: triggers left off", off("crm_patient"), MOVE, owner=True, mend=on("crm_patient")),
    said("owner: triggers no longer ALWAYS", "ALTER TABLE crm_patient ENABLE TRIGGER rows_noted",
         MOVE, owner=True, mend=on("crm_patient")),
    said("owner: trigger dropped", "DROP TRIGGER rows_noted ON crm_patient", MOVE, owner=True,
         mend=["CREATE TRIGGER rows_noted AFTER UPDATE OR DELETE ON crm_patient "
               "FOR EACH ROW EXECUTE FUNCTION rows_note()", *on("crm_patient")]),
    said("owner: a column rewritten", "ALTER TABLE crm_patientcontact ALTER COLUMN phone TYPE "
         "bytea USING name", owner=True),
    said("owner: events", "UPDATE privacy_auditevent SET reason = 'x'", owner=True),
    said("owner: notes of changes", MOVE, "DELETE FROM privacy_rowchange", owner=True),
)  # fmt: skip
