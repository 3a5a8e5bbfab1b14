"""Plans, steps and call results are never deleted; a call result is never changed."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from followup.plans.shipped import TEMPLATES


def lay_down_templates(apps: Apps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Add the shipped plan templates that are missing."""
    templates = apps.get_model("followup", "PlanTemplate").objects
    steps = apps.get_model("followup", "TemplateStep").objects
    for draft in TEMPLATES:
        template, is_new = templates.get_or_create(
            code=draft.code,
            version=draft.version,
            defaults={"name": draft.name, "anchor_label": draft.anchor_label},
        )
        for position, step in enumerate(draft.steps if is_new else ()):
            steps.create(
                template=template,
                position=position,
                offset_days=step.offset_days,
                at=step.at,
                kind=step.kind.value,
                title=step.title,
                message_code=step.message_code,
            )


OPERATIONS = [
    migrations.RunSQL(
        sql="""
        REVOKE DELETE ON followup_plan, followup_step FROM suian_app;
        REVOKE UPDATE, DELETE ON followup_callresult FROM suian_app;
        """,
        reverse_sql="""
        GRANT UPDATE, DELETE ON followup_callresult TO suian_app;
        GRANT DELETE ON followup_plan, followup_step TO suian_app;
        """,
    ),
    migrations.RunPython(lay_down_templates, migrations.RunPython.noop, elidable=False),
]
