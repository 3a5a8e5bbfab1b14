"""Boxes may be sealed by SM4-GCM as well."""

from django.db import migrations

from privacy.migrations.operations import sm4_boxes


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0011_retired_months'),
    ]

    operations = [*sm4_boxes.OPERATIONS]
