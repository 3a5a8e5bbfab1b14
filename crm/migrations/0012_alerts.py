"""Alerts, incidents and the steps taken."""

import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import privacy.records
from django.conf import settings
from django.db import migrations, models

from crm.migrations.operations import incidents
from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0011_password_age'),
    ]

    operations = [
        migrations.CreateModel(
            name='TrailPlace',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('reader', models.CharField(max_length=20, unique=True)),
                ('xid', models.BigIntegerField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('crypto', 'Sealed values do not open'), ('unattributed', 'Rows changed by nobody known'), ('mismatch', 'A row is not what was last noted of it'), ('trail', 'The audit trail is not whole'), ('sealer', 'The sealer has fallen behind'), ('denials', 'Many refusals of one person'), ('locked', 'Sign-in locked after guesses'), ('token', 'API tokens refused'), ('passkey', 'A passkey that may exist twice')], max_length=14)),
                ('target', models.CharField(max_length=100)),
                ('day', models.DateField()),
                ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), default=list, size=None)),
                ('times', models.PositiveIntegerField(default=1)),
                ('event_id', models.UUIDField(null=True)),
                ('last_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'New'), ('acknowledged', 'Being looked at'), ('closed', 'Closed')], default='open', max_length=12)),
                ('taken_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('clinic', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.clinic')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('staff', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('taken_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-last_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('title', models.CharField(max_length=80)),
                ('known_at', models.DateTimeField()),
                ('triage_due_at', models.DateTimeField()),
                ('report_due_at', models.DateTimeField()),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('summary', models.CharField(blank=True, max_length=2000)),
                ('affected', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=8), default=list, size=None)),
                ('alert', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incidents', to='crm.alert')),
                ('clinic', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.clinic')),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('suspect', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-known_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='IncidentStep',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('kind', models.CharField(choices=[('note', 'Found out'), ('measure', 'Contained or repaired'), ('internal_report', 'Reported internally, with a first grade'), ('authority_report', 'Reported to the authority'), ('no_report', 'Decided that no report is due'), ('patients_told', 'Told the patients affected')], max_length=16)),
                ('text', models.CharField(max_length=1000)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='crm.incident')),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(fields=['-last_at', '-id'], name='alerts_newest'),
        ),
        migrations.AddIndex(
            model_name='alert',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['clinic'], name='alerts_open'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.UniqueConstraint(fields=('kind', 'target', 'day', 'clinic'), name='one_alert_per_kind_target_and_day', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'open'), ('taken_at', None), ('taken_by', None)), models.Q(('state__in', ['acknowledged', 'closed']), ('taken_at__isnull', False), ('taken_by__isnull', False)), _connector='OR'), name='alert_taken_on_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='alert',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('note', ''), ('state__in', ['open', 'acknowledged'])), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), ('state', 'closed'), models.Q(('note', ''), _negated=True)), _connector='OR'), name='alert_closed_with_a_note'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(fields=['clinic', '-known_at', '-id'], name='incidents_of_clinic'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(('report_due_at', django.db.models.expressions.CombinedExpression(models.F('known_at'), '+', models.Value(datetime.timedelta(seconds=14400)))), ('triage_due_at', django.db.models.expressions.CombinedExpression(models.F('known_at'), '+', models.Value(datetime.timedelta(seconds=3600))))), name='incident_clocks_run_from_knowing'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gt', models.F('since')), _connector='OR'), name='incident_span_is_upright'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('closed_by', None), ('summary', '')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), models.Q(('summary', ''), _negated=True)), _connector='OR'), name='incident_closed_with_a_summary'),
        ),
        migrations.AddConstraint(
            model_name='incidentstep',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='incident_step_says_something'),
        ),
        *incidents.OPERATIONS,
        row_changes.watch("crm_alert", "crm_incident", "crm_incidentstep"),
    ]
