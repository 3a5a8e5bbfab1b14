"""Exports of patient data: asked for, agreed to, built once, destroyed."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import privacy.encryption.fields
import privacy.records
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0009_reconciliation'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('code', models.CharField(max_length=10, unique=True)),
                ('clinic', models.UUIDField()),
                ('requester_side', models.CharField(choices=[('front_desk', 'Front desk'), ('consultant', 'Consultant'), ('doctor', 'Doctor'), ('nurse', 'Nurse'), ('followup_agent', 'Follow-up agent'), ('finance', 'Finance'), ('medical_qc', 'Medical quality control'), ('mediation', 'Mediation'), ('system_admin', 'System administrator'), ('security_admin', 'Security administrator'), ('auditor', 'Auditor')], max_length=20)),
                ('purpose', models.CharField(choices=[('quality', 'Quality and safety review'), ('accounts', 'Accounts and settlement'), ('authority', 'Duty towards an authority'), ('research', 'Research and teaching'), ('continuity', 'Continuing care elsewhere in the clinic')], max_length=10)),
                ('reason', models.CharField(max_length=500)),
                ('dataset', models.CharField(max_length=20)),
                ('fields', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), size=None)),
                ('identifying', models.BooleanField()),
                ('since', models.DateField(null=True)),
                ('until', models.DateField(null=True)),
                ('stage', models.CharField(blank=True, max_length=16)),
                ('recipient_kind', models.CharField(choices=[('inside', 'A colleague of this clinic'), ('authority', 'An authority, by law'), ('processor', 'A company under contract, on our behalf')], max_length=10)),
                ('recipient_name', models.CharField(blank=True, max_length=120)),
                ('recipient_why', models.CharField(max_length=500)),
                ('rows', models.PositiveIntegerField()),
                ('sides', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), size=None)),
                ('needs_owner', models.BooleanField(default=False)),
                ('asked_at', models.DateTimeField()),
                ('decide_until', models.DateTimeField()),
                ('state', models.CharField(choices=[('asked', 'Waiting for approval'), ('approved', 'Waiting to be built'), ('building', 'Being built'), ('ready', 'Ready for download'), ('downloaded', 'Downloaded'), ('destroyed', 'Destroyed'), ('refused', 'Export refused'), ('withdrawn', 'Withdrawn'), ('failed', 'Not built')], default='asked', max_length=10)),
                ('approved_at', models.DateTimeField(null=True)),
                ('refusal', models.CharField(blank=True, max_length=500)),
                ('builds', models.PositiveSmallIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('written', models.PositiveIntegerField(default=0)),
                ('built_at', models.DateTimeField(null=True)),
                ('built_rows', models.PositiveIntegerField(null=True)),
                ('size', models.PositiveIntegerField(null=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('available_until', models.DateTimeField(null=True)),
                ('downloaded_at', models.DateTimeField(null=True)),
                ('password', privacy.encryption.fields.SystemSealedField(blank=True, null=True)),
                ('password_shown_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, choices=[('grew', 'More rows than were approved'), ('empty', 'No rows any more'), ('may_not', 'The requester may no longer export this'), ('unreadable', 'A value could not be opened'), ('gave_up', 'Broke off too often'), ('tampered', 'The file was not what was built'), ('too_late', 'Nobody built it in time')], max_length=10)),
                ('closed_at', models.DateTimeField(null=True)),
                ('recipient', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('refused_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('requester', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exports', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-asked_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ExportApproval',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('side', models.CharField(choices=[('front_desk', 'Front desk'), ('consultant', 'Consultant'), ('doctor', 'Doctor'), ('nurse', 'Nurse'), ('followup_agent', 'Follow-up agent'), ('finance', 'Finance'), ('medical_qc', 'Medical quality control'), ('mediation', 'Mediation'), ('system_admin', 'System administrator'), ('security_admin', 'Security administrator'), ('auditor', 'Auditor')], max_length=20)),
                ('approver', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('export', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='approvals', to='privacy.export')),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='ExportMark',
            fields=[
                ('id', models.UUIDField(default=privacy.records.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('row', privacy.encryption.fields.SystemSealedField(blank=True, null=True, pad=256)),
                ('digests', django.contrib.postgres.fields.ArrayField(base_field=models.BinaryField(max_length=32), size=None)),
                ('export', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='marks', to='privacy.export')),
            ],
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['requester', '-asked_at'], name='exports_of_requester'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['clinic', '-asked_at'], name='exports_of_clinic'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(condition=models.Q(('state__in', ['asked', 'approved', 'building', 'ready', 'downloaded'])), fields=['state', 'lease_until'], name='exports_with_work'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('reason'), 10), django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('recipient_why'), 10)), name='export_has_reasons'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('recipient__isnull', False), ('recipient_kind', 'inside'), ('recipient_name', '')), models.Q(('recipient', None), ('recipient_kind__in', ['authority', 'processor']), models.Q(('recipient_name', ''), _negated=True)), _connector='OR'), name='export_has_one_recipient'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(('purpose__in', ['quality', 'accounts', 'authority', 'research', 'continuity']), ('code__regex', '^EX[0-9A-Z]{8}$')), name='export_codes_are_known'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(('rows__gte', 1), ('rows__lte', 2000), ('fields__len__gte', 1)), name='export_is_never_empty'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(('sides__contained_by', ['security_admin', 'medical_qc', 'auditor']), models.Q(models.Q(('needs_owner', False), ('sides__len', 2)), models.Q(('needs_owner', True), ('sides__len', 3)), _connector='OR')), name='export_needs_two_departments_or_three'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('refused_by__isnull', False), ('state', 'refused'), django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.text.Length('refusal'), 10)), models.Q(models.Q(('state', 'refused'), _negated=True), ('refusal', ''), ('refused_by', None)), _connector='OR'), name='export_refusal_has_its_words'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(('refused_by', None), models.Q(('refused_by', models.F('requester')), _negated=True), _connector='OR'), name='export_is_not_refused_by_its_requester'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['ready', 'downloaded', 'destroyed']), _negated=True), models.Q(('available_until__isnull', False), ('built_at__isnull', False), ('size__isnull', False), ('built_rows__lte', models.F('rows')), ('sha256__regex', '^[0-9a-f]{64}$')), _connector='OR'), name='export_file_is_known_by_its_digest'),
        ),
        migrations.AddConstraint(
            model_name='export',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('password', None), ('state__in', ['destroyed', 'refused', 'withdrawn', 'failed'])), models.Q(('closed_at', None), ('state__in', ['asked', 'approved', 'building', 'ready', 'downloaded'])), _connector='OR'), name='export_ends_without_a_key'),
        ),
        migrations.AddConstraint(
            model_name='exportapproval',
            constraint=models.UniqueConstraint(fields=('export', 'approver'), name='one_export_yes_each'),
        ),
        migrations.AddConstraint(
            model_name='exportapproval',
            constraint=models.UniqueConstraint(fields=('export', 'side'), name='one_export_yes_a_side'),
        ),
        migrations.AddConstraint(
            model_name='exportmark',
            constraint=models.CheckConstraint(condition=models.Q(('digests__len__gte', 1)), name='mark_can_be_found'),
        ),
    ]
