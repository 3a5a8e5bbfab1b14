"""Puts the second net under this package's tables."""

from django.db import migrations

from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):
    dependencies = [("consult", "0002_fences"), ("privacy", "0005_row_changes")]

    operations = [
        row_changes.watch(
            "consult_consultation",
            "consult_turn",
            "consult_addendum",
            "consult_priceitem",
            "consult_estimateseries",
            "consult_estimate",
            "consult_estimateversion",
            "consult_estimateline",
        )
    ]
