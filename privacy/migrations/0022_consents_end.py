"""A line of the ledger for a consent that has ended as its text promised."""

from django.db import migrations, models

from privacy.consent.rules import ENDED


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0021_runs_with_a_mac'),
    ]

    operations = [
        migrations.AlterField(
            model_name='consententry',
            name='answer',
            field=models.CharField(choices=[('granted', 'granted'), ('refused', 'refused'), ('withdrawn', 'withdrawn'), ('paused', 'paused'), ('ended', 'ended')], max_length=10),
        ),
        migrations.AlterField(
            model_name='consententry',
            name='manner',
            field=models.CharField(blank=True, choices=[('own_screen', "On the patient's own screen"), ('signature', 'Signed on paper or tablet'), ('spoken', 'Said at the desk'), ('recorded', 'Recorded voice')], max_length=12),
        ),
        migrations.AddConstraint(
            model_name='consententry',
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(('answer', ENDED), ('manner', ''), ('operator', None), ('text', None)),
                    models.Q(models.Q(('answer', ENDED), _negated=True), models.Q(('manner', ''), _negated=True)),
                    _connector='OR',
                ),
                name='consent_end_is_nobodys_answer',
            ),
        ),
    ]
