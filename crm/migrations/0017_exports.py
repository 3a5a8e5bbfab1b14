"""Who stands above whom, and what two departments have to agree to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from crm.migrations.operations import exports
from privacy.migrations.operations import row_changes


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0016_joint_review'),
        ('privacy', '0010_exports'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='superior',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('superior', None), models.Q(('superior', models.F('id')), _negated=True), _connector='OR'), name='nobody_is_their_own_superior'),
        ),
        *exports.OPERATIONS,
        row_changes.watch("privacy_export", "privacy_exportapproval", "privacy_exportmark"),
    ]
