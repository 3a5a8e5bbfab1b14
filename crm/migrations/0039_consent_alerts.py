"""Alerts about consents that are not what their ledger says."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0038_missed_nights'),
    ]

    operations = [
        migrations.AlterField(
            model_name='alert',
            name='kind',
            field=models.CharField(choices=[('crypto', 'Sealed values do not open'), ('unattributed', 'Rows changed by nobody known'), ('mismatch', 'A row is not what was last noted of it'), ('consent', 'A consent is not what its ledger says'), ('trail', 'The audit trail is not whole'), ('missed', 'A nightly check is missing'), ('separation', 'One person stood on both sides'), ('sealer', 'The sealer has fallen behind'), ('denials', 'Many refusals of one person'), ('locked', 'Sign-in locked after guesses'), ('token', 'API tokens refused'), ('passkey', 'A passkey that may exist twice'), ('review', 'A joint review is overdue'), ('honey', 'A honey record was touched'), ('break_glass', 'The glass was broken'), ('cap', 'A cap was reached'), ('verdict', 'A use of break-glass is not judged in time'), ('deadline', 'A clock of an incident has run out')], max_length=14),
        ),
    ]
