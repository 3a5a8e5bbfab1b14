"""With the app's own sign-in: the ORM beside the services, a shell, and a prompt."""

import io
from typing import Any

from benchmarks.bypass_ways.scene import Scene, Way, said

MOVE = "UPDATE crm_patient SET stage = 'closed' WHERE id = '{key}'"
JOIN = (
    "INSERT INTO crm_careteammember (id, created_at, updated_at, patient_id, staff_id) "
    "VALUES (gen_random_uuid(), now(), now(), '{key}', '{other}')"
)


def _patients(scene: Scene) -> Any:
    from crm.patients.models import Patient

    return Patient.objects.filter(pk=scene.key)


def _closed(scene: Scene) -> Any:
    scene.patient.stage = "closed"
    return scene.patient


def _bulk_update(scene: Scene) -> None:
    type(scene.patient).objects.bulk_update([_closed(scene)], ["stage"])


def _bulk_create(scene: Scene) -> None:
    from crm.patients.team_models import CareTeamMember

    CareTeamMember.objects.bulk_create([CareTeamMember(patient=scene.patient, staff=scene.other)])


def _bulk_upsert(scene: Scene) -> None:
    type(scene.patient).objects.bulk_create(
        [_closed(scene)], update_conflicts=True, unique_fields=["id"], update_fields=["stage"]
    )


def _update_or_create(scene: Scene) -> None:
    type(scene.patient).objects.update_or_create(pk=scene.key, defaults={"stage": "closed"})


def _raw_delete(scene: Scene) -> None:
    team = scene.patient.care_team.all()
    team._raw_delete(team.db)  # noqa: SLF001 - this way is private, and open to a shell


def _raw_manager(scene: Scene) -> None:
    list(
        type(scene.patient).objects.raw(
            "UPDATE crm_patient SET stage = 'closed' WHERE id = %s RETURNING *", [scene.key]
        )
    )


def _cursor(scene: Scene) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("UPDATE crm_patient SET stage = 'closed' WHERE id = %s", [scene.key])


def _fixture(scene: Scene) -> None:
    from django.core import serializers

    text = serializers.serialize("json", [_closed(scene)])
    for one in serializers.deserialize("json", text):
        one.save()


def _in_a_migration(operation: Any) -> None:
    from django.db import connection
    from django.db.migrations.state import ProjectState

    with connection.schema_editor() as editor:
        operation.database_forwards("crm", editor, ProjectState(), ProjectState())


def _run_python(scene: Scene) -> None:
    from django.db.migrations import RunPython

    _in_a_migration(RunPython(lambda _apps, _editor: _patients(scene).update(stage="closed")))


def _run_sql(scene: Scene) -> None:
    from django.db.migrations import RunSQL

    _in_a_migration(RunSQL(MOVE.replace("{key}", scene.key)))


def _shell(scene: Scene) -> None:
    scene.manage(
        "shell", "-c", "from crm.patients.models import Patient; "
        f"Patient.objects.filter(pk='{scene.key}').update(stage='closed')",
    )  # fmt: skip


def _sealed_field(scene: Scene) -> None:
    """The field itself, as a script would: sealed properly, and told to nobody."""
    contact = scene.patient.contact
    contact.set_phone("+8613900139000")
    contact.save()


def _copy(scene: Scene) -> None:
    columns = "(id, created_at, updated_at, patient_id, staff_id)"
    line = io.StringIO()
    line.write("\t".join(["0199a000-0000-7000-8000-" + scene.key[-12:], "now", "now"]))
    line.write(f"\t{scene.key}\t{scene.other.pk}\n")
    copy = f"COPY crm_careteammember {columns} FROM STDIN"
    with scene.app.cursor().copy(copy) as stream:
        stream.write(line.getvalue())


def _large_transaction(scene: Scene) -> None:
    """Hundreds of writes that a savepoint takes back, and one that stays."""
    with scene.app.transaction():
        scene.app.execute("SAVEPOINT much")
        for _ in range(300):
            scene.app.execute(MOVE.replace("{key}", scene.key))
        scene.app.execute("ROLLBACK TO SAVEPOINT much")
        scene.app.execute(MOVE.replace("{key}", scene.key))


def _current_of(scene: Scene) -> None:
    with scene.app.transaction():
        scene.app.execute(
            f"DECLARE here CURSOR FOR SELECT id FROM crm_patient WHERE id = '{scene.key}' "
            "FOR UPDATE"
        )
        scene.app.execute("FETCH here")
        scene.app.execute("UPDATE crm_patient SET stage = 'closed' WHERE CURRENT OF here")


WAYS = (
    Way("QuerySet.update()", lambda scene: _patients(scene).update(stage="closed")),
    Way("bulk_update()", _bulk_update),
    Way("bulk_create()", _bulk_create),
    Way("bulk_create() with conflicts", _bulk_upsert),
    Way("save() beside the services", lambda scene: _closed(scene).save()),
    Way("update_or_create()", _update_or_create),
    Way("QuerySet.delete()", lambda scene: scene.patient.care_team.all().delete()),
    Way("delete() with its cascade", lambda scene: scene.patient.delete()),
    Way("_raw_delete()", _raw_delete),
    Way("Manager.raw()", _raw_manager),
    Way("cursor.execute()", _cursor),
    Way("a fixture loaded", _fixture),
    Way("a sealed field set by a script", _sealed_field),
    Way("migration: RunPython", _run_python),
    Way("migration: RunSQL", _run_sql),
    Way("manage.py shell", _shell),
    said("psql: UPDATE", MOVE),
    said("psql: DELETE", "DELETE FROM crm_careteammember WHERE patient_id = '{key}'"),
    said("psql: INSERT", JOIN),
    said(
        "psql: INSERT ... ON CONFLICT",
        "INSERT INTO crm_patient SELECT * FROM crm_patient WHERE id = '{key}' "
        "ON CONFLICT (id) DO UPDATE SET stage = 'closed'",
    ),
    said(
        "psql: MERGE",
        "MERGE INTO crm_patient AS old USING (SELECT '{key}'::uuid AS id) AS new "
        "ON old.id = new.id WHEN MATCHED THEN UPDATE SET stage = 'closed'",
    ),
    said("psql: WITH ... UPDATE", f"WITH done AS ({MOVE} RETURNING id) SELECT * FROM done"),
    said("psql: DO block", f"DO $$ BEGIN {MOVE}; END $$"),
    said("psql: prepared statement", f"PREPARE quietly AS {MOVE}", "EXECUTE quietly"),
    Way("psql: COPY", _copy),
    Way("psql: a savepoint rolled back", _large_transaction),
    Way("psql: UPDATE ... WHERE CURRENT OF", _current_of),
    said("psql: the key of a row", "UPDATE crm_careteammember SET id = gen_random_uuid() "
         "WHERE patient_id = '{key}'"),
    said("psql: a box of another field", "UPDATE crm_patientcontact SET phone = name "
         "WHERE patient_id = '{key}'"),
    said("psql: the part's name lied about", "SET suian.process = 'web'", MOVE),
    said("psql: data keys", "DELETE FROM privacy_subjectkey WHERE subject_id = '{key}'"),
    said("psql: TRUNCATE", "TRUNCATE crm_careteammember"),
    said("psql: triggers off by replica", "SET session_replication_role = 'replica'", MOVE),
    said("psql: triggers off by table", "ALTER TABLE crm_patient DISABLE TRIGGER ALL", MOVE),
    said("psql: a function", "CREATE FUNCTION public.quietly() RETURNS void LANGUAGE sql AS "
         f"$$ {MOVE} $$", "SELECT public.quietly()"),
    said("psql: a writable view", "CREATE VIEW public.quietly AS SELECT * FROM crm_patient",
         "UPDATE public.quietly SET stage = 'closed' WHERE id = '{key}'"),
    said("psql: dblink", "CREATE EXTENSION dblink", MOVE),
    said("psql: as the auditor", "SET ROLE suian_auditor", MOVE),
    said("psql: COPY by a program", "COPY crm_careteammember FROM PROGRAM 'true'"),
    said("psql: events", "UPDATE privacy_auditevent SET reason = 'x'"),
    said("psql: a month of events", "DO $$ BEGIN EXECUTE format('DELETE FROM %I', "
         "(SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = "
         "'privacy_auditevent'::regclass ORDER BY 1 LIMIT 1)); END $$"),
    said("psql: notes of changes", MOVE, "DELETE FROM privacy_rowchange"),
)  # fmt: skip
