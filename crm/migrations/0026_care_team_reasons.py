"""Who let somebody onto a care team, why, and until when."""

import crm.patients.team_models
import datetime
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0025_finding_owner'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='careteammember',
            name='on_a_care_team_once',
        ),
        migrations.AddField(
            model_name='careteammember',
            name='added_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='careteammember',
            name='note',
            field=models.CharField(blank=True, db_default='', max_length=200),
        ),
        migrations.AddField(
            model_name='careteammember',
            name='reason',
            field=models.CharField(choices=[('intake', 'Chosen at registration'), ('treats', 'Takes part in the treatment'), ('cover', 'Standing in for a colleague'), ('handover', 'Takes over from a colleague'), ('opinion', 'Second opinion'), ('other', 'Another reason')], db_default='intake', max_length=8),
        ),
        migrations.AddField(
            model_name='careteammember',
            name='until',
            field=models.DateTimeField(db_default=django.db.models.expressions.CombinedExpression(django.db.models.functions.datetime.Now(), '+', models.Value(datetime.timedelta(days=365))), default=crm.patients.team_models.place_until),
        ),
        migrations.AddConstraint(
            model_name='careteammember',
            constraint=models.UniqueConstraint(fields=('patient', 'staff'), include=('until',), name='on_a_care_team_once'),
        ),
        migrations.AddConstraint(
            model_name='careteammember',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason', 'intake'), ('added_by__isnull', False), _connector='OR'), models.Q(models.Q(('note', ''), ('reason__in', ['intake', 'treats', 'cover', 'handover', 'opinion'])), models.Q(django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('note'), 10), ('reason', 'other')), _connector='OR')), name='care_team_says_why_and_by_whom'),
        ),
        # Places from before begin their year with this migration, whenever they were last changed.
        AddConstraintNotValid(
            model_name='careteammember',
            constraint=models.CheckConstraint(condition=models.Q(('until__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('updated_at'), '+', models.Value(datetime.timedelta(days=365))), '+', models.Value(datetime.timedelta(days=1))))), name='care_team_for_a_year_at_most'),
        ),
    ]
