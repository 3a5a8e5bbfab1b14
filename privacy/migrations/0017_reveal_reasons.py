"""A reveal is booked with a reason."""

from django.db import migrations

from privacy.migrations.operations import reveal_reasons


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0016_signers'),
    ]

    operations = [*reveal_reasons.OPERATIONS]
