"""Since when somebody is on a care team.

The column comes empty and without rewriting the table, however many rows it has: old places began
with their row. Only then it gets its default, for rows that are yet to come.
"""

import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0033_former_contact'),
    ]

    operations = [
        migrations.AddField(
            model_name='careteammember',
            name='joined_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='careteammember',
            name='joined_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, null=True),
        ),
    ]
