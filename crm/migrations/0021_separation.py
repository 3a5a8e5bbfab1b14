"""Nobody closes what is about oneself; breaches of separation raise alerts."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0020_asked_facts'),
    ]

    operations = [
        migrations.AlterField(
            model_name='alert',
            name='kind',
            field=models.CharField(choices=[('crypto', 'Sealed values do not open'), ('unattributed', 'Rows changed by nobody known'), ('mismatch', 'A row is not what was last noted of it'), ('trail', 'The audit trail is not whole'), ('separation', 'One person stood on both sides'), ('sealer', 'The sealer has fallen behind'), ('denials', 'Many refusals of one person'), ('locked', 'Sign-in locked after guesses'), ('token', 'API tokens refused'), ('passkey', 'A passkey that may exist twice'), ('review', 'A joint review is overdue'), ('honey', 'A honey record was touched'), ('break_glass', 'The glass was broken'), ('deadline', 'A clock of an incident has run out')], max_length=14),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(('closed_by', None), ('staff', None), models.Q(('closed_by', models.F('staff')), _negated=True), _connector='OR'), name='nobody_closes_alerts_about_oneself'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(('closed_by', None), ('suspect', None), models.Q(('closed_by', models.F('suspect')), _negated=True), _connector='OR'), name='nobody_closes_incidents_about_oneself'),
        ),
    ]
