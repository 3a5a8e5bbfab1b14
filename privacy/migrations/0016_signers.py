"""A sealer's key counts by its own leaf; a row vouched for otherwise does not stand in its way."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0015_events_about_accounts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='sealerkey',
            name='public',
            field=models.BinaryField(),
        ),
        migrations.AddConstraint(
            model_name='sealerkey',
            constraint=models.UniqueConstraint(
                fields=('public', 'mac'), name='signer_vouched_once'
            ),
        ),
    ]
