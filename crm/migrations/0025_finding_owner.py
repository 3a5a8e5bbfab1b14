"""A finding is somebody's to see to until a day, and whom it is about says their own word."""

import crm.joint_review.models
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from crm.migrations.operations import finding_owner


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0024_incident_scope'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='reviewfinding',
            name='review_finding_moves_on',
        ),
        migrations.AddField(
            model_name='reviewfinding',
            name='due_on',
            field=models.DateField(default=crm.joint_review.models.due_day),
        ),
        migrations.AddField(
            model_name='reviewfinding',
            name='owner',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewfinding',
            name='stated_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='reviewfinding',
            name='stated_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='reviewfinding',
            name='statement',
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddConstraint(
            model_name='reviewfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at', None), ('answered_by', None)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='review_answer_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='reviewfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stated_at', None), ('stated_by', None), ('statement', '')), models.Q(('stated_at__isnull', False), ('stated_by__isnull', False), models.Q(('statement', ''), _negated=True)), _connector='OR'), name='review_statement_is_whole'),
        ),
        migrations.AddConstraint(
            model_name='reviewfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('closed_at', None), ('closed_by', None), ('outcome', ''), ('state', 'open'), ('statement', '')), models.Q(('closed_at', None), ('closed_by', None), ('outcome', ''), ('state', 'answered'), models.Q(models.Q(('answer', ''), _negated=True), models.Q(('statement', ''), _negated=True), _connector='OR')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state', 'closed'), models.Q(models.Q(('answer', ''), _negated=True), models.Q(('statement', ''), _negated=True), _connector='OR'), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='review_finding_moves_on'),
        ),
        *finding_owner.OPERATIONS,
    ]
