"""How an old month of the trail is archived, asked for, approved and dropped."""

import django.db.models.deletion
import privacy.records
from django.conf import settings
from django.db import migrations, models

from crm.migrations.operations import retirement
from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0018_guarded'),
    ]

    operations = [
        migrations.CreateModel(
            name='MonthRetirement',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('month', models.CharField(max_length=7, unique=True)),
                ('rows', models.BigIntegerField()),
                ('archive_size', models.BigIntegerField()),
                ('archive', models.CharField(max_length=64)),
                ('manifest', models.CharField(max_length=64)),
                ('head', models.CharField(max_length=64)),
                ('keep_until', models.DateField()),
                ('asked_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('approved_at', models.DateTimeField(null=True)),
                ('retired_at', models.DateTimeField(null=True)),
                ('freed', models.BigIntegerField(default=0)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-month'],
                'constraints': [models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), models.Q(('approved_by', models.F('asked_by')), _negated=True), _connector='OR'), name='retirement_by_two_people'), models.CheckConstraint(condition=models.Q(models.Q(('approved_at__isnull', True), ('approved_by__isnull', True)), models.Q(('approved_at__isnull', False), ('asked_by__isnull', False)), _connector='OR'), name='retirement_asked_before_approved'), models.CheckConstraint(condition=models.Q(('retired_at__isnull', True), ('approved_by__isnull', False), _connector='OR'), name='retirement_approved_before_done'), models.CheckConstraint(condition=models.Q(models.Q(('asked_at__isnull', True), ('asked_by__isnull', True)), models.Q(('asked_at__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='retirement_asked_with_reason')],
            },
        ),
        *retirement.OPERATIONS,
        row_changes.watch("crm_monthretirement"),
    ]
