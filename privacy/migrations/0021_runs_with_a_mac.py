"""A run of the nightly comparison bears a MAC; one that was left open without begins anew."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('privacy', '0020_unasked_consents'),
    ]

    operations = [
        migrations.RunSQL(
            sql='DELETE FROM privacy_reconciliation WHERE finished_at IS NULL;',
            reverse_sql=migrations.RunSQL.noop,
        ),
        migrations.AddField(
            model_name='reconciliation',
            name='mac',
            field=models.BinaryField(null=True),
        ),
    ]
