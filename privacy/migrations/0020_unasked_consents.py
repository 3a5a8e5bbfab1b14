"""A yes that the patient gave by themselves, while a no of theirs rested."""

from django.db import migrations, models

from privacy.consent.rules import Answer


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0019_trail_locks'),
    ]

    operations = [
        migrations.AddField(
            model_name='consententry',
            name='unasked',
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name='consententry',
            constraint=models.CheckConstraint(
                condition=models.Q(('unasked', False), ('answer', Answer.GRANTED), _connector='OR'),
                name='consent_unasked_is_a_yes',
            ),
        ),
    ]
